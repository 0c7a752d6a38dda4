/** One box for everything that names a call: what was typed decides which filter is meant. */
import type { Filters } from './filters';

export type Found = { callId: string } | { filter: Filters };

export const CALL_NAMES = ['phoneNumber', 'callSid', 'conversationId', 'roomName'] as const;

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CALL_SID = /^CA[0-9a-f]{32}$/i;
const PHONE_NUMBER = /^\+?[\d\s().-]{5,}$/;

/** A UUID is a call's id first; SignalWire's call SIDs are UUIDs as well, and the page of an unknown call offers that. */
export function named(text: string): Found {
  if (UUID.test(text)) return { callId: text.toLowerCase() };
  if (CALL_SID.test(text)) return { filter: { callSid: text } };
  if (text.startsWith('conv_')) return { filter: { conversationId: text } };
  if (PHONE_NUMBER.test(text)) return { filter: { phoneNumber: text } };
  return { filter: { roomName: text } };
}
