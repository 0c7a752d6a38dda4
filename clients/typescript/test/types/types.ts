// What the types promise. The compiler is the test: it refuses this file where one of them is wrong.
import type { CallLog, Schemas } from 'ringpost';
import type { EventOf, EventType, Handlers, RingpostEvent } from 'ringpost/webhooks';

import type { CallLog as DocumentedCallLog } from '../../../../tests/browser/call-log.js';

/** Every type is a case: the event of the last line has none left. */
export function lengthOf(event: RingpostEvent): number | undefined {
  switch (event.type) {
    case 'call.created':
    case 'call.ringing':
    case 'call.answered':
    case 'call.completed':
      return event.data.duration;
    case 'call.updated':
      return event.data.previous.duration ?? event.data.duration;
    case 'call.merged':
      return event.data.into.length;
    case 'call.follow_up_due':
      return event.data.nextFollowUp.length;
    case 'recording.started':
    case 'recording.completed':
      return event.data.recording?.duration;
    case 'voice.processing':
    case 'voice.completed':
      return Number(event.data.voice?.duration);
    case 'agent.ready':
    case 'agent.speaking':
    case 'agent.listening':
    case 'agent.error':
      return event.data.agent?.error?.length;
    case 'webhook.failing':
    case 'webhook.exhausted':
      return event.data.delivery.attempts;
    case 'webhook.disabled':
      return event.data.reason === 'gone' ? 0 : 1;
    case 'conversation.started':
    case 'conversation.completed':
    case 'transfer.initiated':
    case 'transfer.completed':
    case 'contact.created':
    case 'campaign.started':
    case 'campaign.completed':
      return Object.keys(event.data).length;
    default:
      return event satisfies never;
  }
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** The events and the document's list of their names are the same. */
export const everyType: Same<EventType, Schemas['EventType']> = true;

/** A call is what the Call Outcomes document says. */
export const documented = (call: CallLog): DocumentedCallLog => call;

export const handlers: Handlers = {
  'call.updated': (data) => data.previous.outcome,
  // @ts-expect-error A merged call has no outcome.
  'call.merged': (data) => data.outcome,
  // @ts-expect-error There is no such type.
  'call.invented': () => undefined,
};

// @ts-expect-error `ended` is a status of a call, not one of an event.
export const status: EventOf<'call.completed'>['data']['status'] = 'ended';
