/** What a token says about its bearer. The API verifies it; the page only reads it. */
import { decodeJwt } from 'jose';

const ROLES = ['user', 'viewer', 'developer', 'admin'] as const;
export type Role = (typeof ROLES)[number] | 'platform';

export interface Bearer {
  token: string;
  user: string;
  tenant: string;
  role: Role;
  /** Milliseconds since 1970; absent where the token does not say. */
  expiresAt?: number;
}

/** What a fragment brings along: `#token=…&next=/calls/…`. */
export interface Arrival {
  token: string;
  next: string;
}

/** The bearer of a pasted token, or undefined if it is none. `Bearer ` before it is forgiven. */
export function readToken(text: string): Bearer | undefined {
  const token = text.trim().replace(/^bearer\s+/i, '');
  try {
    const claims = decodeJwt(token);
    return {
      token,
      user: claims.sub ?? '',
      tenant: String(claims.tenant_id ?? ''),
      role: toRole(claims.role),
      ...(claims.exp ? { expiresAt: claims.exp * 1000 } : {}),
    };
  } catch {
    return undefined;
  }
}

/** As the API reads it: an unknown role is that of a user. */
const toRole = (claim: unknown): Role =>
  claim === 'platform' ? claim : (ROLES.find((role) => role === claim) ?? 'user');

export function readArrival(hash: string): Arrival | undefined {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const token = given.get('token');
  if (!token) return undefined;
  const next = given.get('next') ?? '/';
  return { token, next: next.startsWith('/') ? next : `/${next}` };
}

export function includes(role: Role, needed: (typeof ROLES)[number]): boolean {
  return role !== 'platform' && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
