import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createRingpost, RingpostError } from 'ringpost';

import { answering, CALL } from './server.js';

const token = 'header.claims.signature';

test('a call is read with the token, and its ids are encoded', async () => {
  const { baseUrl, asked } = await answering({ body: CALL });
  const call = await createRingpost({ baseUrl, token }).callOutcome('a/b', 'user 1&2');
  assert.deepEqual(call, CALL);
  assert.equal(asked[0]!.url, '/api/calls/a%2Fb/outcome?user_id=user%201%262');
  assert.equal(asked[0]!.headers.authorization, `Bearer ${token}`);
});

test('the token can come from a function, for each request', async () => {
  const { baseUrl, asked } = await answering({ body: CALL });
  let times = 0;
  const ringpost = createRingpost({ baseUrl, token: async () => `token-${++times}` });
  await ringpost.callOutcome('1', '2');
  await ringpost.callOutcome('1', '2');
  assert.deepEqual(asked.map(({ headers }) => headers.authorization), ['Bearer token-1', 'Bearer token-2']);
});

test('a refusal is an error with the text, the status and the field of the answer', async () => {
  const { baseUrl } = await answering(
    { status: 404, body: { error: 'Call not found', call_id: '1', status: 404 } },
    { status: 400, body: { success: false, message: 'limit must be a whole number from 1 to 100', field: 'limit' } },
    { status: 502, body: '<html>' },
  );
  const ringpost = createRingpost({ baseUrl, token, retries: 0 });
  await assert.rejects(ringpost.callOutcome('1', '2'), (error: RingpostError) => {
    assert(error instanceof RingpostError && error instanceof Error);
    assert.deepEqual([error.message, error.status, error.field], ['Call not found', 404, undefined]);
    assert.deepEqual(error.body, { error: 'Call not found', call_id: '1', status: 404 });
    return true;
  });
  await assert.rejects(ringpost.calls({ limit: 1000 }).pages().next(), {
    name: 'RingpostError',
    message: 'limit must be a whole number from 1 to 100',
    status: 400,
    field: 'limit',
  });
  await assert.rejects(ringpost.calls().pages().next(), { message: 'HTTP 502', status: 502, body: '<html>' });
});

test('calls are listed over all pages, also over an empty one', async () => {
  const page = (ids: string[], nextCursor?: string) => ({ success: true, count: ids.length, calls: ids.map((id) => ({ ...CALL, id })), nextCursor });
  const { baseUrl, asked } = await answering({ body: page(['1', '2'], 'a+b') }, { body: page([], 'c') }, { body: page(['3']) });
  const ringpost = createRingpost({ baseUrl, token });
  const ids: string[] = [];
  for await (const call of ringpost.calls({ status: ['busy', 'failed'], limit: 2 })) ids.push(call.id);
  assert.deepEqual(ids, ['1', '2', '3']);
  assert.deepEqual(
    asked.map(({ url }) => url),
    [
      '/api/calls?status=busy,failed&limit=2',
      '/api/calls?status=busy,failed&limit=2&cursor=a%2Bb',
      '/api/calls?status=busy,failed&limit=2&cursor=c',
    ],
  );
});

test('no page is loaded that is not needed, and a list can begin at a cursor', async () => {
  const { baseUrl, asked } = await answering({ body: { success: true, count: 1, calls: [CALL], nextCursor: 'next' } });
  for await (const call of createRingpost({ baseUrl, token }).calls({ cursor: 'kept' })) {
    assert.equal(call.id, CALL.id);
    break;
  }
  assert.deepEqual(asked.map(({ url }) => url), ['/api/calls?cursor=kept']);
});

test('the other lists', async () => {
  const event = { id: 1, source: 'livekit', eventType: 'participant_left', occurredAt: '', receivedAt: '', summary: '' };
  const { baseUrl, asked } = await answering(
    { body: { success: true, call: CALL, events: [event], nextCursor: 'x' } },
    { body: { success: true, call: CALL, events: [event] } },
    { body: { success: true, count: 1, events: [{ id: 7 }] } },
    { body: { success: true, count: 1, leads: [{ id: 'lead' }] } },
  );
  const ringpost = createRingpost({ baseUrl, token });
  const pages = [];
  for await (const page of ringpost.timeline(CALL.id).pages()) pages.push(page.call.id, page.events.length);
  assert.deepEqual(pages, [CALL.id, 1, CALL.id, 1]);
  for await (const delivery of ringpost.webhookEvents({ status: 'failed' })) assert.equal(delivery.id, 7);
  for await (const lead of ringpost.leads()) assert.equal(lead.id, 'lead');
  assert.deepEqual(
    asked.map(({ url }) => url).slice(2),
    ['/api/webhooks/events?status=failed&count=false', '/api/leads'],
  );
});

test('an event is published once, under one key, however often it is sent', async () => {
  const { baseUrl, asked } = await answering({ status: 500, body: {} }, { status: 202, body: { success: true, eventId: 'evt_1' } });
  const ringpost = createRingpost({ baseUrl, token });
  const event = { eventType: 'campaign.started', payload: { campaignId: 'campaign-789' } } as const;
  assert.equal(await ringpost.publishEvent(event), 'evt_1');
  const keys = asked.map(({ headers }) => headers['idempotency-key']);
  assert.equal(keys.length, 2);
  assert.match(String(keys[0]), /^[0-9a-f-]{36}$/);
  assert.equal(keys[0], keys[1]);
  assert.deepEqual(asked.map(({ body }) => JSON.parse(body)), [event, event]);
  await ringpost.publishEvent(event, { idempotencyKey: 'campaign-789-started' });
  assert.equal(asked[2]!.headers['idempotency-key'], 'campaign-789-started');
});

test('every route is typed and has the token', async () => {
  const { baseUrl, asked } = await answering({ body: { success: true, count: 3, complete: true } });
  const { data } = await createRingpost({ baseUrl, token }).api.GET('/api/calls/stats', { params: { query: { from: '2026-11-01' } } });
  assert.equal(data?.count, 3);
  assert.deepEqual([asked[0]!.url, asked[0]!.headers.authorization], ['/api/calls/stats?from=2026-11-01', `Bearer ${token}`]);
});
