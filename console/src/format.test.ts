import { expect, test } from 'vitest';

import { ago, answerClass, seconds, words } from './format';

const plain = (value: number) => seconds(value).replaceAll('\u00a0', ' ');

test('durations have at most two units', () => {
  expect([0, 5.25, 45, 60, 125, 5400, 115_200].map(plain)).toEqual([
    '0 s',
    '5.3 s',
    '45 s',
    '1 min',
    '2 min 5 s',
    '1 h 30 min',
    '1 d 8 h',
  ]);
});

test('a time is so long ago, or so far ahead', () => {
  const now = Date.parse('2026-11-27T12:00:00Z');
  expect(ago('2026-11-27T11:57:00Z', now)).toMatch(/3/);
  expect(ago('2026-11-27T14:00:00Z', now)).toMatch(/2/);
});

test('an answer has a class, and no answer has one of its own', () => {
  expect([204, 301, 410, 503, undefined].map(answerClass)).toEqual(['2xx', '3xx', '4xx', '5xx', 'none']);
  expect(words('no_answer')).toBe('no answer');
});
