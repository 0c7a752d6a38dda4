import { expect, test } from 'vitest';

import { named } from './call_search';

test('what was typed decides what is searched', () => {
  expect(named('75DECCED-4c31-5f3c-9d47-8892e71acc6e')).toEqual({ callId: '75decced-4c31-5f3c-9d47-8892e71acc6e' });
  expect(named(`CA${'0a'.repeat(16)}`)).toEqual({ filter: { callSid: `CA${'0a'.repeat(16)}` } });
  expect(named('conv_01h')).toEqual({ filter: { conversationId: 'conv_01h' } });
  expect(named('+1 (767) 818-9426')).toEqual({ filter: { phoneNumber: '+1 (767) 818-9426' } });
  expect(named('sip-7678189426__1__x')).toEqual({ filter: { roomName: 'sip-7678189426__1__x' } });
});
