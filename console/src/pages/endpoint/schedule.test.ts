import { expect, test } from 'vitest';

import { delays } from './schedule';

test('the default schedule has nine attempts in about 32 hours', () => {
  const waits = delays({ maxAttempts: 9, initialDelay: 5, maxDelay: 36_000, backoffFactor: 6 });
  expect(waits).toHaveLength(8);
  expect(waits.slice(0, 3)).toEqual([5, 30, 180]);
  const hours = waits.reduce((sum, wait) => sum + wait, 0) / 3600;
  expect(hours).toBeGreaterThan(30);
  expect(hours).toBeLessThan(34);
});

test('one attempt is never repeated', () => {
  expect(delays({ maxAttempts: 1, initialDelay: 5, maxDelay: 10, backoffFactor: 2 })).toEqual([]);
});
