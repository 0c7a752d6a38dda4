/** Where everything stands in the picture of a call: a lane for each provider and each endpoint, and a common time. */
import { type ScaleTime, scaleUtc } from 'd3-scale';

import type { HistoryEvent, Timeline } from '../../api';
import { words } from '../../format';

export interface Mark {
  id: number;
  label: string;
  /** When it occurred; for a delivery, when it was announced. Milliseconds. */
  at: number;
  /** When it was received; for a delivery, its latest attempt. */
  until: number;
  tone: string;
  row: number;
}

export interface Lane {
  name: string;
  kind: 'provider' | 'endpoint';
  marks: Mark[];
  rows: number;
}

export interface Band {
  name: 'ringing' | 'answered';
  from: number;
  to: number;
}

export interface Picture {
  lanes: Lane[];
  bands: Band[];
  scale: ScaleTime<number, number>;
  /** Where the scale changes: what came long after the call is drawn closer together. */
  breakAt?: number;
}

export const PROVIDERS: Record<string, string> = {
  livekit: 'LiveKit',
  signalwire: 'SignalWire',
  elevenlabs: 'ElevenLabs',
  'call-capture': 'Dialer',
  '11wire': 'Ringpost',
};

/** Marks nearer than this stand in rows of their own. */
const MARK_WIDTH = 14;
const MOST_ROWS = 4;
/** The share of the width that the call itself has where something came long after it. */
const SHARE_OF_CALL = 0.68;

type Call = Timeline['call'];
type Event = Timeline['events'][number];
const ms = (at: string) => new Date(at).getTime();

export function picture(
  { call, events }: { call: Call; events: readonly Event[] },
  deliveries: readonly HistoryEvent[],
  nameOf: (endpoint: number) => string,
  width: number,
): Picture {
  const bands = bandsOf(call);
  const lanes = [...providerLanes(events), ...endpointLanes(deliveries, nameOf)];
  const marks = lanes.flatMap((lane) => lane.marks);
  const inCall = [...bands.flatMap(({ from, to }) => [from, to]), ...events.map((event) => ms(event.occurredAt))];
  const { scale, breakAt } = scaleOf(
    inCall.length ? inCall : [ms(call.startedAt)],
    marks.map((mark) => mark.until),
    width,
  );
  for (const lane of lanes) pack(lane, scale);
  return { lanes, bands, scale, ...(breakAt === undefined ? {} : { breakAt }) };
}

function providerLanes(events: readonly Event[]): Lane[] {
  return Object.entries(PROVIDERS)
    .map(([source, name]) => ({
      name,
      kind: 'provider' as const,
      rows: 1,
      marks: events
        .filter((event) => event.source === source)
        .map((event) => ({
          id: event.id,
          label: event.summary,
          at: ms(event.occurredAt),
          until: ms(event.receivedAt),
          tone: 'source',
          row: 0,
        })),
    }))
    .filter((lane) => lane.marks.length);
}

function endpointLanes(deliveries: readonly HistoryEvent[], nameOf: (endpoint: number) => string): Lane[] {
  const endpoints = [...new Set(deliveries.map((delivery) => delivery.webhookConfigId ?? 0))].sort((a, b) => a - b);
  return endpoints.map((endpoint) => ({
    name: nameOf(endpoint),
    kind: 'endpoint' as const,
    rows: 1,
    marks: deliveries
      .filter((delivery) => (delivery.webhookConfigId ?? 0) === endpoint)
      .map((delivery) => ({
        id: delivery.id,
        label: `${delivery.eventType} ${words(delivery.status)} after ${delivery.attempts ?? 0} attempts`,
        at: ms(delivery.createdAt),
        until: ms(delivery.updatedAt),
        tone: delivery.status,
        row: 0,
      })),
  }));
}

function bandsOf(call: Call): Band[] {
  const from = ms(call.startedAt);
  const to = call.endedAt ? ms(call.endedAt) : undefined;
  const answers = call.legs.flatMap((leg) => (leg.answeredAt ? [ms(leg.answeredAt)] : []));
  const answeredAt = answers.length ? Math.max(from, Math.min(...answers)) : undefined;
  const bands: Band[] = [];
  if (to !== undefined && to < from) return bands;
  if (answeredAt === undefined) return to === undefined ? bands : [{ name: 'ringing', from, to }];
  if (answeredAt > from) bands.push({ name: 'ringing', from, to: Math.min(answeredAt, to ?? answeredAt) });
  if (to !== undefined && to > answeredAt) bands.push({ name: 'answered', from: answeredAt, to });
  return bands;
}

/** One scale where everything is near the call, else two: retries go on for hours, and the call must stay readable. */
export function scaleOf(inCall: readonly number[], later: readonly number[], width: number) {
  const first = Math.min(...inCall);
  const end = Math.max(...inCall, first + 1000);
  const last = Math.max(end, ...later);
  if (last - end <= (end - first) / 2) {
    return { scale: scaleUtc().domain([first, last]).range([0, width]), breakAt: undefined };
  }
  const breakAt = width * SHARE_OF_CALL;
  return { scale: scaleUtc().domain([first, end, last]).range([0, breakAt, width]), breakAt };
}

/** Puts marks that would cover each other into rows. */
function pack(lane: Lane, scale: ScaleTime<number, number>): void {
  const taken: number[] = [];
  for (const mark of [...lane.marks].sort((a, b) => a.at - b.at)) {
    const x = scale(mark.at);
    const free = taken.findIndex((end) => end + MARK_WIDTH <= x);
    mark.row = free >= 0 ? free : Math.min(taken.length, MOST_ROWS - 1);
    taken[mark.row] = Math.max(x, scale(mark.until));
  }
  lane.rows = Math.max(1, taken.length);
}
