/** The order and the bookkeeping of several retries. */
export interface Progress {
  done: number;
  of: number;
  refused: { id: number; error: string }[];
}

/** A refusal of one, such as a delivery that was sent meanwhile, leaves the others. */
export async function retryEach(
  ids: readonly number[],
  send: (id: number) => Promise<unknown>,
  report: (progress: Progress) => void,
): Promise<Progress> {
  const progress: Progress = { done: 0, of: ids.length, refused: [] };
  for (const id of ids) {
    report({ ...progress });
    await send(id).catch((error: Error) => progress.refused.push({ id, error: error.message }));
    progress.done += 1;
  }
  report({ ...progress });
  return progress;
}
