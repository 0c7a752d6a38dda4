/** The last day in whole hours, so that the same hour asks the same question and finds its answer kept. */
export function lastDay(now: number): { from: string; to: string } {
  const end = Math.ceil(now / 3_600_000) * 3_600_000;
  return { from: new Date(end - 86_400_000).toISOString(), to: new Date(end).toISOString() };
}
