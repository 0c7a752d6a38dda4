import { createRingpost, type CallLog, type RequestOptions, type Ringpost, type RingpostOptions } from './client.js';

let options: RingpostOptions = { baseUrl: '', token: storedToken };
let client: Ringpost | undefined;

/** Changes what `getCallOutcome` and `useCallOutcome` use. What is not named stays. */
export function configure(changes: Partial<RingpostOptions>): void {
  options = { ...options, ...changes };
  client = undefined;
}

/** The client of the Call Outcomes document: a call of a user, from the page's own origin unless `configure` names another. */
export function getCallOutcome(callId: string, userId: string, request?: RequestOptions): Promise<CallLog> {
  client ??= createRingpost(options);
  return client.callOutcome(callId, userId, request);
}

/** Only a page has `localStorage`: on a server some versions of Node have an empty one, with a warning. */
function storedToken(): string | null {
  return typeof document === 'undefined' ? null : localStorage.getItem('token');
}
