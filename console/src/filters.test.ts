import { expect, test } from 'vitest';

import { parse, query } from './filters';
import { parts } from './location';

test('a fragment has a path and a query', () => {
  expect(parts('#/calls?phoneNumber=%2B1767&status=busy')).toEqual({
    path: '/calls',
    search: 'phoneNumber=%2B1767&status=busy',
  });
  expect(parts('')).toEqual({ path: '/', search: '' });
  expect(parts('#calls')).toEqual({ path: '/calls', search: '' });
});

test('filters survive the address', () => {
  const filters = { phoneNumber: '+1 (767) 818', status: 'busy,failed', eventType: 'a&b=c' };
  expect(parse(query(filters).slice(1))).toEqual(filters);
});

test('an empty filter leaves the address', () => {
  expect(query({ status: '', direction: undefined })).toBe('');
  expect(query({ status: '', page: 2 })).toBe('?page=2');
});
