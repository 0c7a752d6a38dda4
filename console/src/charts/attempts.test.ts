import { expect, test } from 'vitest';

import { apart } from './attempts';

test('labels that would cover each other are left out', () => {
  expect(apart([0, 40, 90, 100, 400])).toEqual([true, false, true, false, true]);
  expect(apart([])).toEqual([]);
});
