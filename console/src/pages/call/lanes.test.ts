import { expect, test } from 'vitest';

import type { HistoryEvent, Timeline } from '../../api';
import { picture, scaleOf } from './lanes';

const at = (second: number) => new Date(Date.UTC(2026, 10, 27, 12, 0, second)).toISOString();

const call = {
  id: 'c',
  startedAt: at(0),
  endedAt: at(60),
  legs: [{ role: 'caller' }, { role: 'callee', answeredAt: at(10) }],
} as unknown as Timeline['call'];

const event = (id: number, source: string, second: number, received = second) =>
  ({
    id,
    source,
    eventType: 't',
    occurredAt: at(second),
    receivedAt: at(received),
    summary: `e${id}`,
  }) as Timeline['events'][number];

const delivery = (id: number, endpoint: number, second: number, last: number) =>
  ({
    id,
    webhookConfigId: endpoint,
    eventType: 'call.completed',
    status: 'delivered',
    attempts: 2,
    createdAt: at(second),
    updatedAt: at(last),
  }) as HistoryEvent;

const draw = (events: Timeline['events'], deliveries: HistoryEvent[] = []) =>
  picture({ call, events }, deliveries, (id) => `endpoint ${id}`, 600);

test('each provider and each endpoint has a lane, providers first', () => {
  const drawn = draw(
    [event(1, 'signalwire', 1), event(2, 'livekit', 0)],
    [delivery(3, 2, 61, 62), delivery(4, 1, 61, 62)],
  );
  expect(drawn.lanes.map((lane) => lane.name)).toEqual(['LiveKit', 'SignalWire', 'endpoint 1', 'endpoint 2']);
});

test('the call rings until it is answered, and is answered until it ends', () => {
  const { bands } = draw([]);
  expect(bands.map(({ name, from, to }) => [name, (to - from) / 1000])).toEqual([
    ['ringing', 10],
    ['answered', 50],
  ]);
});

test('marks that would cover each other stand in rows', () => {
  const [lane] = draw([event(1, 'livekit', 5), event(2, 'livekit', 5), event(3, 'livekit', 40)]).lanes;
  expect(lane?.marks.map((mark) => mark.row)).toEqual([0, 1, 0]);
  expect(lane?.rows).toBe(2);
});

test('a retry hours later leaves the call readable', () => {
  const near = draw([event(1, 'livekit', 0), event(2, 'livekit', 60)], [delivery(3, 1, 61, 62)]);
  expect(near.breakAt).toBeUndefined();
  const far = draw([event(1, 'livekit', 0), event(2, 'livekit', 60)], [delivery(3, 1, 61, 7200)]);
  expect(far.scale(new Date(at(60)))).toBe(far.breakAt);
  expect(far.scale(new Date(at(7200)))).toBe(600);
});

test('a single moment has a scale', () => {
  const { scale } = scaleOf([1000], [1000], 100);
  expect(scale(1000)).toBe(0);
});
