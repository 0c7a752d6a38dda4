import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { handleWebhook, verifyWebhook, WebhookVerificationError } from 'ringpost/webhooks';
import { Webhook } from 'standardwebhooks';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.from('the secret before its rotation..').toString('base64')}`;
const EVENT = { type: 'call.merged', timestamp: '2026-01-01T23:59:30.000Z', data: { from: '5b0b', into: '75de', sequence: 1, occurredAt: '2026-01-01T23:59:30.000Z' } };
const BODY = JSON.stringify(EVENT);

/** The headers as Ringpost sends them, signed by the official library. */
function signed(body = BODY, { id = 'evt_1', at = new Date(), webhook = new Webhook(SECRET) } = {}): Record<string, string> {
  return { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': webhook.sign(id, at, body) };
}

const posted = (body = BODY, headers = signed(body)) => new Request('http://127.0.0.1/webhooks', { method: 'POST', body, headers });

const refused = (call: () => unknown, message: RegExp) =>
  assert.throws(call, (error: Error) => {
    assert(error instanceof WebhookVerificationError);
    assert.match(error.message, message);
    return true;
  });

test('a signed body is an event, as text or bytes, whatever kind of headers', () => {
  for (const raw of [BODY, Buffer.from(BODY), new TextEncoder().encode(BODY)]) {
    assert.deepEqual(verifyWebhook(raw, signed(), SECRET), EVENT);
  }
  assert.deepEqual(verifyWebhook(BODY, new Headers(signed()), SECRET), EVENT);
  const capitals = Object.fromEntries(Object.entries(signed()).map(([name, value]) => [name.toUpperCase(), [value]]));
  assert.deepEqual(verifyWebhook(BODY, capitals, SECRET), EVENT);
});

test('what is beyond ASCII is verified byte for byte', () => {
  const body = JSON.stringify({ ...EVENT, data: { name: 'Zoë 📞' } });
  assert.deepEqual(verifyWebhook(new TextEncoder().encode(body), signed(body), SECRET), JSON.parse(body));
  const marked = `\ufeff${BODY}`;
  refused(() => verifyWebhook(new TextEncoder().encode(marked), signed(), SECRET), /signature/);
});

test('another body, secret, id or time is refused', () => {
  refused(() => verifyWebhook(`${BODY} `, signed(), SECRET), /No matching signature/);
  refused(() => verifyWebhook(BODY, signed(), OLD_SECRET), /No matching signature/);
  refused(() => verifyWebhook(BODY, { ...signed(), 'webhook-id': 'evt_2' }, SECRET), /No matching signature/);
  for (const minutes of [-6, 6]) {
    refused(() => verifyWebhook(BODY, signed(BODY, { at: new Date(Date.now() + minutes * 60_000) }), SECRET), /timestamp too/);
  }
  refused(() => verifyWebhook(BODY, {}, SECRET), /Missing required headers/);
});

test('one of several secrets must fit, and one of several signatures', () => {
  assert.deepEqual(verifyWebhook(BODY, signed(), [OLD_SECRET, SECRET]), EVENT);
  refused(() => verifyWebhook(BODY, signed(), [OLD_SECRET]), /No matching signature/);
  const both = `${new Webhook(OLD_SECRET).sign('evt_1', new Date(), BODY)} ${signed()['webhook-signature']}`;
  assert.deepEqual(verifyWebhook(BODY, { ...signed(), 'webhook-signature': both }, SECRET), EVENT);
});

test('a secret without whsec_ is taken as its bytes', () => {
  const own = 'mein Schlüssel';
  const webhook = new Webhook(new TextEncoder().encode(own), { format: 'raw' });
  assert.deepEqual(verifyWebhook(BODY, signed(BODY, { webhook }), own), EVENT);
});

test('a signed body that is no event is refused', () => {
  for (const body of ['', 'null', '[]', '{}', '{"type":', '{"type":"call.completed","timestamp":"t"}', '{"type":"t","timestamp":1,"data":{}}']) {
    refused(() => verifyWebhook(body, signed(body), SECRET), /not an event of Ringpost/);
  }
});

test('a mistake of the receiver is no refusal', () => {
  const mistakes = [
    () => verifyWebhook(EVENT as never, signed(), SECRET),
    () => verifyWebhook(BODY, signed(), undefined as never),
    () => verifyWebhook(BODY, signed(), []),
    () => verifyWebhook(BODY, signed(), ''),
  ];
  for (const mistake of mistakes) {
    assert.throws(mistake, (error) => error instanceof Error && !(error instanceof WebhookVerificationError));
  }
});

test('an event goes to the handler of its type, and the answer is 204', async () => {
  const seen: unknown[] = [];
  const response = await handleWebhook(posted(), {
    secret: SECRET,
    on: {
      'call.merged': async (data, { id, test, event }) => seen.push(data.into, id, test, event.type),
      'call.completed': () => assert.fail(),
    },
    otherwise: () => assert.fail(),
  });
  assert.deepEqual([response.status, await response.text()], [204, '']);
  assert.deepEqual(seen, ['75de', 'evt_1', false, 'call.merged']);
});

test('every other event goes to `otherwise`, also one of an unknown type', async () => {
  for (const type of ['call.created', 'call.invented', 'constructor']) {
    const seen: unknown[] = [];
    const body = JSON.stringify({ ...EVENT, type });
    const response = await handleWebhook(posted(body), { secret: SECRET, on: {}, otherwise: (event) => seen.push(event.type) });
    assert.deepEqual([response.status, seen], [204, [type]]);
    assert.equal((await handleWebhook(posted(body), { secret: SECRET })).status, 204);
  }
});

test('a wrong signature is answered with 400, and no handler runs', async () => {
  const response = await handleWebhook(posted(BODY, signed('{}')), { secret: SECRET, otherwise: () => assert.fail() });
  assert.deepEqual([response.status, await response.text()], [400, 'No matching signature found']);
});

test('when a handler throws, the answer is 500 without the reason, so that the event comes again', async () => {
  for (const error of [new Error('the database is away'), new WebhookVerificationError('of another webhook')]) {
    const seen: unknown[] = [];
    const response = await handleWebhook(posted(), {
      secret: SECRET,
      on: { 'call.merged': () => Promise.reject(error) },
      onError: (thrown) => seen.push(thrown),
    });
    assert.deepEqual([response.status, await response.text(), seen], [500, 'The event was not processed', [error]]);
  }
});

test('a test that proves the endpoint gets its challenge, once the signature is right', async () => {
  const headers = { ...signed(BODY, { id: 'evt_test_1' }), 'webhook-challenge': 'prove it' };
  const tests: boolean[] = [];
  const options = { secret: SECRET, otherwise: (_: unknown, { test }: { test: boolean }) => tests.push(test) };
  const response = await handleWebhook(posted(BODY, headers), options);
  assert.deepEqual([response.status, await response.text(), tests], [200, 'prove it', [true]]);
  const forged = await handleWebhook(posted(`${BODY} `, headers), options);
  assert.equal(forged.status, 400);
  assert(!(await forged.text()).includes('prove'));
});

test("the body and headers of Node's own server are verified as they are", async () => {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end(verifyWebhook(Buffer.concat(chunks), request.headers, SECRET).type);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.equal(await (await fetch(url, { method: 'POST', body: BODY, headers: signed() })).text(), 'call.merged');
  server.closeAllConnections();
  server.close();
});
