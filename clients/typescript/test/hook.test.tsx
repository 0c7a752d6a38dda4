import { eventually, pause } from './page.js';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { act, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';

import { configure } from 'ringpost';
import { useCallOutcome, type UseCallOutcomeOptions, type UseCallOutcomeResult } from 'ringpost/react';

import { answering, CALL, type Answer } from './server.js';

let root: Root | undefined;
let shown: UseCallOutcomeResult[] = [];

function Shows({ id, options }: { id: string; options?: UseCallOutcomeOptions | undefined }) {
  shown.push(useCallOutcome(id, CALL.userId, options));
  return null;
}

async function render(id: string, options?: UseCallOutcomeOptions) {
  root ??= createRoot(document.createElement('div'));
  await act(async () => root!.render(<Shows id={id} options={options} />));
}

const last = () => shown.at(-1)!;
/** React renders what has changed when this is over. */
const passing = (ms: number) => act(() => pause(ms));
/** What is shown in the end. */
const settles = (check: (result: UseCallOutcomeResult) => void) => eventually(() => check(last()), () => passing(10));
const settled = () => settles(({ loading }) => assert(!loading));

/** A fetch whose answers are given by hand, in any order. */
function byHand() {
  const requests: { url: string; signal: AbortSignal; answer: (answer: Answer) => void }[] = [];
  const fetch = (request: Request) =>
    new Promise<Response>((resolve) =>
      requests.push({
        url: request.url,
        signal: request.signal,
        answer: ({ status = 200, body }) => resolve(Response.json(body, { status })),
      }),
    );
  configure({ baseUrl: 'http://127.0.0.1', token: 't', retries: 0, fetch });
  return requests;
}

afterEach(async () => {
  await act(async () => root?.unmount());
  root = undefined;
  shown = [];
  configure({ fetch: (request) => fetch(request), retries: 0 });
});

test('it loads, shows the call, and loads again', async () => {
  const { baseUrl, asked } = await answering({ body: CALL }, { body: { ...CALL, duration: 46 } });
  configure({ baseUrl, token: () => localStorage.getItem('token'), retries: 0 });
  localStorage.setItem('token', 'stored');
  await render(CALL.id);
  const { refresh, ...first } = shown[0]!;
  assert.deepEqual(first, { outcome: null, loading: true, error: null });
  await settled();
  assert.deepEqual(last(), { outcome: CALL, loading: false, error: null, refresh });
  assert.equal(asked[0]!.headers.authorization, 'Bearer stored');
  await act(async () => refresh());
  await settles(({ outcome, loading }) => assert(outcome?.duration === 46 && !loading));
  // While it was loading it still had the first answer.
  assert(shown.some(({ loading, outcome }) => loading && outcome?.duration === 45));
});

test("an answer that is no success has the document's text; any other error its own", async () => {
  const requests = byHand();
  await render('a');
  requests[0]!.answer({ status: 404, body: { error: 'Call not found', status: 404 } });
  await settled();
  assert.deepEqual([last().outcome, last().error], [null, 'Failed to fetch call outcome']);
  configure({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
  await act(async () => last().refresh());
  await settles(({ error }) => assert.equal(error, 'fetch failed'));
  configure({ fetch: () => Promise.reject('a string') });
  await act(async () => last().refresh());
  await settles(({ error }) => assert.equal(error, 'Unknown error'));
});

test('the answer of a call that is no longer asked for is dropped, and its request aborted', async () => {
  const requests = byHand();
  await render('a');
  await render('b');
  assert(requests[0]!.signal.aborted);
  requests[1]!.answer({ body: { ...CALL, id: 'b' } });
  await settled();
  requests[0]!.answer({ body: { ...CALL, id: 'a' } });
  await passing(20);
  assert.equal(last().outcome?.id, 'b');
});

test("another call never shows the last one's outcome", async () => {
  const requests = byHand();
  await render('a');
  requests[0]!.answer({ body: { ...CALL, id: 'a' } });
  await settled();
  shown = [];
  await render('b');
  requests[1]!.answer({ status: 404, body: {} });
  await settled();
  assert.deepEqual(shown.map(({ outcome }) => outcome), shown.map(() => null));
  assert.equal(shown[0]!.loading, true);
});

test('the request is aborted when the component is unmounted', async () => {
  const requests = byHand();
  await render('a');
  assert(!requests[0]!.signal.aborted);
  await act(async () => root!.unmount());
  assert(requests[0]!.signal.aborted);
});

test('a component that React mounts twice shows the call', async () => {
  const { baseUrl } = await answering({ body: CALL });
  configure({ baseUrl, token: 't' });
  root = createRoot(document.createElement('div'));
  await act(async () => root!.render(<StrictMode><Shows id={CALL.id} /></StrictMode>));
  await settled();
  assert.equal(last().outcome?.id, CALL.id);
});

test('it polls while the call is active, shows no loading, and stops when the call has ended', async () => {
  const active = { ...CALL, status: 'active', outcome: undefined };
  const { baseUrl, asked } = await answering({ body: active }, { status: 503, body: {} }, { body: active }, { body: CALL });
  configure({ baseUrl, token: 't' });
  await render(CALL.id, { pollMs: 20 });
  await settled();
  shown = [];
  await settles(({ outcome }) => assert.equal(outcome?.status, 'ended'));
  assert.equal(asked.length, 4);
  assert(shown.every(({ loading, outcome }) => !loading && outcome));
  assert(shown.some(({ error }) => error === 'Failed to fetch call outcome') && last().error === null);
  await passing(100);
  assert.equal(asked.length, 4);
});

test('a slow answer is waited for, not asked for again', async () => {
  const requests = byHand();
  await render('a', { pollMs: 10 });
  requests[0]!.answer({ body: { ...CALL, status: 'active' } });
  await settled();
  await passing(100);
  assert.equal(requests.length, 2);
  requests[1]!.answer({ body: CALL });
  await settles(({ outcome }) => assert.equal(outcome?.status, 'ended'));
});

test('a page that is hidden does not poll', async () => {
  const { baseUrl, asked } = await answering({ body: { ...CALL, status: 'active' } });
  configure({ baseUrl, token: 't' });
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  await render(CALL.id, { pollMs: 10 });
  await settled();
  await passing(100);
  assert.equal(asked.length, 1);
  Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
  await eventually(() => assert(asked.length > 1), () => passing(10));
});
