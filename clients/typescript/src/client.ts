import createClient, { type Client } from 'openapi-fetch';

import { dataOf, outcomeOf } from './error.js';
import { Paged } from './paged.js';
import { retrying, type Send } from './retry.js';
import type { components, operations, paths } from './schema.js';

export type Schemas = components['schemas'];
export type CallLog = Schemas['CallLog'];
export type PublishedEvent = Schemas['PublishedEvent'];
export type TimelineEvent = Schemas['CallTimeline']['events'][number];
type LeadPage = operations['listLeads']['responses'][200]['content']['application/json'];

export type Token = string | null | undefined;

export interface RingpostOptions {
  /** The stack's output BaseUrl. Empty for the origin of the page. */
  baseUrl: string;
  /** A JWT, or a function that returns one; it is called for each request. */
  token: Token | (() => Token | Promise<Token>);
  /** How often a safe request is repeated after 429, 5xx or no answer: 3 by default. */
  retries?: number;
  /** Sends the requests: the global `fetch` by default. */
  fetch?: Send;
}

export interface RequestOptions {
  signal?: AbortSignal;
}

export interface PublishOptions extends RequestOptions {
  /** Your name for the event. The same name again publishes nothing. By default a new UUID for each call of `publishEvent`. */
  idempotencyKey?: string;
}

type ListPath = { [Path in keyof paths]: paths[Path]['get'] extends { parameters: { query?: { cursor?: string } } } ? Path : never }[keyof paths];
/** The filters of a list. With a `cursor` the list begins there. */
export type Query<Path extends ListPath> = NonNullable<NonNullable<paths[Path]['get']>['parameters']['query']>;
/** An iteration has no use for page numbers and counts. */
type EventQuery = Omit<Query<'/api/webhooks/events'>, 'page' | 'count'>;

export type Ringpost = ReturnType<typeof createRingpost>;

/** A client of one stage with one token. */
export function createRingpost({ baseUrl, token, retries = 3, fetch = (request) => globalThis.fetch(request) }: RingpostOptions) {
  const api: Client<paths> = createClient<paths>({
    baseUrl,
    fetch: retrying(fetch, retries),
    // `status=busy,failed`, as the API reads lists.
    querySerializer: { array: { style: 'form', explode: false } },
  });
  api.use({
    async onRequest({ request }) {
      const jwt = typeof token === 'function' ? await token() : token;
      if (jwt) request.headers.set('Authorization', `Bearer ${jwt}`);
    },
  });

  return {
    /** Every route of the API, typed: `api.GET('/api/calls/stats')`. It returns `{data, error, response}` and throws for no status. */
    api,

    /** A call of a user. Throws a RingpostError: `Call not found` for an unknown call and for another user's. */
    callOutcome: async (callId: string, userId: string, options: RequestOptions = {}): Promise<CallLog> =>
      outcomeOf(
        await api.GET('/api/calls/{id}/outcome', { params: { path: { id: callId }, query: { user_id: userId } }, ...options }),
        'Failed to retrieve call outcome',
      ),

    /** Publishes an event to the tenant's own subscriptions and returns its `webhook-id`. Repeats under one Idempotency-Key. */
    publishEvent: async (event: PublishedEvent, { idempotencyKey = crypto.randomUUID(), ...options }: PublishOptions = {}): Promise<string> =>
      dataOf(await api.POST('/api/events', { params: { header: { 'Idempotency-Key': idempotencyKey } }, body: event, ...options })).eventId,

    /** Calls, newest first. */
    calls: (query: Query<'/api/calls'> = {}, options: RequestOptions = {}): Paged<CallLog, Schemas['CallPage']> =>
      new Paged(
        async (cursor = query.cursor) => dataOf(await api.GET('/api/calls', { params: { query: { ...query, cursor } }, ...options })),
        (page) => page.calls,
      ),

    /** What was reported about a call, oldest first. Each page also has the call. */
    timeline: (callId: string, options: RequestOptions = {}): Paged<TimelineEvent, Schemas['CallTimeline']> =>
      new Paged(
        async (cursor) =>
          dataOf(await api.GET('/api/calls/{id}/timeline', { params: { path: { id: callId }, query: { cursor } }, ...options })),
        (page) => page.events,
      ),

    /** Received events and deliveries, newest first. */
    webhookEvents: (query: EventQuery = {}, options: RequestOptions = {}): Paged<Schemas['WebhookEvent'], Schemas['WebhookEventPage']> =>
      new Paged(
        async (cursor = query.cursor) =>
          dataOf(await api.GET('/api/webhooks/events', { params: { query: { ...query, cursor, count: 'false' } }, ...options })),
        (page) => page.events,
      ),

    /** The callers of the tenant's numbers. */
    leads: (query: Query<'/api/leads'> = {}, options: RequestOptions = {}): Paged<Schemas['Lead'], LeadPage> =>
      new Paged(
        async (cursor = query.cursor) => dataOf(await api.GET('/api/leads', { params: { query: { ...query, cursor } }, ...options })),
        (page) => page.leads,
      ),
  };
}
