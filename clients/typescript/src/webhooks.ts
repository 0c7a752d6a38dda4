import { Webhook, WebhookVerificationError } from 'standardwebhooks';

import type { components } from './schema.js';

export { WebhookVerificationError };

/** Every event that Ringpost posts. `type` decides what `data` is. */
export type RingpostEvent = components['schemas']['OutboundEvent'];
export type EventType = RingpostEvent['type'];
export type EventOf<Type extends EventType> = Extract<RingpostEvent, { type: Type }>;

/** The headers of a request, as `fetch` or as Node has them. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;
/** One secret, or several of which one must fit. */
export type WebhookSecret = string | readonly string[];

export interface Delivery<Type extends EventType = EventType> {
  /** The `webhook-id`: the same each time that the event is posted. */
  id: string;
  /** Whether it is a sample from `POST /api/webhooks/config/{id}/test`: store it, but do not act on it. */
  test: boolean;
  event: EventOf<Type>;
}

export type Handlers = { [Type in EventType]?: (data: EventOf<Type>['data'], delivery: Delivery<Type>) => unknown };

export interface HandleWebhookOptions {
  secret: WebhookSecret;
  /** What to do with an event, by its type. A promise is awaited. */
  on?: Handlers;
  /** For every other event, also of types that are newer than this package. */
  otherwise?: (event: RingpostEvent, delivery: Delivery) => unknown;
  /** Gets what a handler threw: `console.error` by default. */
  onError?: (error: unknown) => void;
}

/**
 * The event of a request whose signature is right. `raw` is the body as it came: parsed JSON has lost the bytes that were
 * signed. Throws a WebhookVerificationError for anything that Ringpost did not sign with this secret in the last five minutes.
 */
export function verifyWebhook(raw: string | Uint8Array, headers: WebhookHeaders, secret: WebhookSecret): RingpostEvent {
  const body = textOf(raw);
  const signed = Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, valueOf(headers, name)]));
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (!secrets.length) throw new TypeError('A webhook secret is needed');
  let refusal: unknown;
  for (const each of secrets) {
    try {
      webhookOf(each).verify(body, signed, { jsonParse: false });
      return eventOf(body);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/**
 * Answers a webhook: 400 if the signature is wrong, 500 if a handler throws, so that Ringpost posts the event again, else 204.
 * A test that proves the endpoint is answered with its challenge.
 */
export async function handleWebhook(request: Request, options: HandleWebhookOptions): Promise<Response> {
  const { secret, on = {}, otherwise, onError = console.error } = options;
  const raw = new Uint8Array(await request.arrayBuffer());
  let event: RingpostEvent | undefined;
  try {
    event = verifyWebhook(raw, request.headers, secret);
    const id = valueOf(request.headers, 'webhook-id');
    const delivery: Delivery = { id, test: id.startsWith('evt_test_'), event };
    const handler = Object.hasOwn(on, event.type) ? (on[event.type] as (data: unknown, delivery: Delivery) => unknown) : undefined;
    await (handler ? handler(event.data, delivery) : otherwise?.(event, delivery));
  } catch (error) {
    if (!event && error instanceof WebhookVerificationError) return new Response(error.message, { status: 400 });
    onError(error);
    return new Response('The event was not processed', { status: 500 });
  }
  const challenge = request.headers.get('webhook-challenge');
  return challenge ? new Response(challenge) : new Response(null, { status: 204 });
}

function textOf(raw: string | Uint8Array): string {
  if (typeof raw === 'string') return raw;
  if (!(raw instanceof Uint8Array)) throw new TypeError('Pass the raw body, not parsed JSON');
  // With its byte order mark, if it has one: that is signed too.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw);
}

function valueOf(headers: WebhookHeaders, name: string): string {
  if (typeof headers.get === 'function') return headers.get(name) ?? '';
  const value = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
  return (Array.isArray(value) ? value.join(' ') : value) ?? '';
}

/** A secret that the customer chose is not base64: its bytes are the key. */
function webhookOf(secret: string): Webhook {
  return secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
}

function eventOf(body: string): RingpostEvent {
  const event = parsed(body) as Partial<RingpostEvent> | null | undefined;
  if (typeof event?.type !== 'string' || typeof event.timestamp !== 'string' || typeof event.data !== 'object' || event.data === null) {
    throw new WebhookVerificationError('The body is not an event of Ringpost');
  }
  return event as RingpostEvent;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
