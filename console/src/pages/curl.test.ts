import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

import type { HistoryEvent } from '../api';
import { curlOf } from './curl';

const delivery = {
  id: 7,
  direction: 'outbound',
  messageId: 'evt_1',
  createdAt: '2026-11-27T12:00:00Z',
  eventType: 'call.completed',
  payload: { note: "it's $HOME `id`" },
} as unknown as HistoryEvent;

test('the shell passes the body and the headers on as they are', () => {
  const line = curlOf(delivery, "http://127.0.0.1/a'b")?.replace(/^curl/, 'printf "%s\\n"');
  const words = execFileSync('sh', ['-c', line ?? ''], { encoding: 'utf8' }).split('\n');
  expect(words).toContain("http://127.0.0.1/a'b");
  expect(words).toContain('webhook-id: evt_1');
  const { createdAt: timestamp, payload: data } = delivery;
  expect(words).toContain(JSON.stringify({ type: 'call.completed', timestamp, data }));
});

test('a received event, and a body that is not whole, have no such line', () => {
  expect(curlOf({ ...delivery, direction: 'inbound' })).toBeUndefined();
  expect(curlOf({ ...delivery, payloadTruncated: true })).toBeUndefined();
});
