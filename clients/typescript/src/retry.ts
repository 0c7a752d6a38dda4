/** Sends one request. `fetch` is one. */
export type Send = (request: Request) => Promise<Response>;

const SAFE_METHODS = ['GET', 'HEAD'];
const PASSING_STATUSES = [429, 500, 502, 503, 504];
/** The API names at most a minute. A longer wait is left to the caller, who gets the answer. */
const LONGEST_WAIT_MS = 60_000;
/** For a 429 without Retry-After: from API Gateway, or where a page of another origin cannot read the header. */
const WAIT_AFTER_429_MS = 10_000;

/** Repeats what can be repeated without a second effect: safe methods, and requests under an Idempotency-Key. */
export function retrying(send: Send, retries: number): Send {
  return async (request) => {
    const repeatable = SAFE_METHODS.includes(request.method) || request.headers.has('Idempotency-Key');
    for (let retry = 0; repeatable && retry < retries; retry++) {
      const response = await send(request.clone()).catch((error: unknown) => {
        if (request.signal.aborted) throw error;
        return undefined;
      });
      if (response && !PASSING_STATUSES.includes(response.status)) return response;
      const wait = waitMs(response, retry);
      if (response && wait > LONGEST_WAIT_MS) return response;
      await response?.body?.cancel();
      await sleep(wait, request.signal);
    }
    return send(request);
  };
}

function waitMs(response: Response | undefined, retry: number): number {
  const named = response?.headers.get('Retry-After');
  if (named) {
    const ms = /^\d+$/.test(named) ? Number(named) * 1000 : Date.parse(named) - Date.now();
    if (!Number.isNaN(ms)) return Math.max(ms, 0);
  }
  if (response?.status === 429) return WAIT_AFTER_429_MS;
  return 500 * 2 ** retry * (0.5 + Math.random() / 2);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
