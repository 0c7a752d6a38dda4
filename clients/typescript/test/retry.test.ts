import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { createRingpost } from 'ringpost';

import { answering, CALL } from './server.js';

const OK = { body: CALL };

test('a safe request is repeated after an error of the server, three times at most', async () => {
  const { baseUrl, asked } = await answering({ status: 503, body: { message: 'Service Unavailable' } });
  const began = performance.now();
  await assert.rejects(createRingpost({ baseUrl, token: 't' }).callOutcome('1', '2'), { status: 503 });
  assert.equal(asked.length, 4);
  // Half of 0.5, 1 and 2 seconds at least: the waits grow.
  assert(performance.now() - began > 1700);
});

test('it is repeated when there is no answer', async () => {
  const { baseUrl } = await answering(OK);
  let times = 0;
  const fetch = (request: Request) => (++times === 1 ? Promise.reject(new TypeError('fetch failed')) : globalThis.fetch(request));
  assert.equal((await createRingpost({ baseUrl, token: 't', fetch }).callOutcome('1', '2')).id, CALL.id);
  assert.equal(times, 2);
});

test('Retry-After is waited for', async () => {
  const { baseUrl, asked } = await answering({ status: 429, headers: { 'Retry-After': '2' }, body: {} }, OK);
  const began = performance.now();
  await createRingpost({ baseUrl, token: 't' }).callOutcome('1', '2');
  assert.equal(asked.length, 2);
  assert(performance.now() - began >= 1990);
});

test('Retry-After may be a date; one beyond a minute is left to the caller', async () => {
  const { baseUrl, asked } = await answering(
    { status: 503, headers: { 'Retry-After': new Date(Date.now() - 1000).toUTCString() }, body: {} },
    { status: 503, headers: { 'Retry-After': '61' }, body: {} },
  );
  const began = performance.now();
  await assert.rejects(createRingpost({ baseUrl, token: 't' }).callOutcome('1', '2'), { status: 503 });
  assert.equal(asked.length, 2);
  assert(performance.now() - began < 1000);
});

test('a 429 without Retry-After is repeated after ten seconds', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const answers = [new Response('{}', { status: 429 }), Response.json(CALL)];
  let asked!: () => void;
  const first = new Promise<void>((resolve) => (asked = resolve));
  const fetch = async () => {
    asked();
    return answers.shift()!;
  };
  const call = createRingpost({ baseUrl: 'http://127.0.0.1', token: 't', fetch }).callOutcome('1', '2');
  await first;
  await new Promise(setImmediate);
  mock.timers.tick(9_999);
  await new Promise(setImmediate);
  assert.equal(answers.length, 1);
  mock.timers.tick(1);
  assert.equal((await call).id, CALL.id);
  mock.timers.reset();
});

test('a refusal is not repeated, nor a request that would have a second effect', async () => {
  const { baseUrl, asked } = await answering({ status: 404, body: {} }, { status: 500, body: {} });
  const ringpost = createRingpost({ baseUrl, token: 't' });
  await assert.rejects(ringpost.callOutcome('1', '2'), { status: 404 });
  const { response } = await ringpost.api.POST('/api/webhooks/config/{id}/rotate-secret', { params: { path: { id: 1 } } });
  assert.equal(response.status, 500);
  assert.equal(asked.length, 2);
});

test('an aborted request is not repeated, and ends while it waits', async () => {
  const { baseUrl, asked } = await answering({ status: 503, headers: { 'Retry-After': '30' }, body: {} });
  const controller = new AbortController();
  const call = createRingpost({ baseUrl, token: 't' }).callOutcome('1', '2', { signal: controller.signal });
  setTimeout(() => controller.abort(), 200);
  await assert.rejects(call, { name: 'AbortError' });
  assert.equal(asked.length, 1);
});
