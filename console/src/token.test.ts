import { UnsecuredJWT } from 'jose';
import { expect, test } from 'vitest';

import { includes, readArrival, readToken } from './token';

const jwt = (claims: Record<string, unknown>) => new UnsecuredJWT(claims).encode();

test('a token says whose it is', () => {
  const token = jwt({ sub: 'u1', tenant_id: 'demo', role: 'viewer', exp: 1_800_000_000 });
  expect(readToken(` Bearer ${token}\n`)).toEqual({
    token,
    user: 'u1',
    tenant: 'demo',
    role: 'viewer',
    expiresAt: 1_800_000_000_000,
  });
});

test('an unknown role is that of a user, and a text that is no token is none', () => {
  expect(readToken(jwt({ sub: 'u1', role: 'emperor' }))?.role).toBe('user');
  expect(readToken('not.a.token')).toBeUndefined();
  expect(readToken('')).toBeUndefined();
});

test('a fragment may bring a token and the page to show next', () => {
  expect(readArrival('#token=a.b.c&next=%2Fcalls%2F1')).toEqual({ token: 'a.b.c', next: '/calls/1' });
  expect(readArrival('#token=a.b.c')).toEqual({ token: 'a.b.c', next: '/' });
  expect(readArrival('#token=a.b.c&next=https://evil.example')).toEqual({
    token: 'a.b.c',
    next: '/https://evil.example',
  });
  expect(readArrival('#/calls?token=1')).toBeUndefined();
});

test('roles include those before them, and the platform none', () => {
  expect(includes('admin', 'developer')).toBe(true);
  expect(includes('viewer', 'developer')).toBe(false);
  expect(includes('platform', 'user')).toBe(false);
});
