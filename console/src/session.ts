/** Who is signed in, for as long as this tab is open. */
import { useSyncExternalStore } from 'react';

import { navigate } from './location';
import { type Bearer, includes, readArrival, readToken } from './token';

const KEY = 'ringpost.token';

export interface Session {
  bearer?: Bearer;
  /** Why the earlier session ended. */
  ended?: string;
}

let session: Session = {};
const listeners = new Set<() => void>();

function become(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

/** Takes the token of the fragment, which is erased at once, or that of an earlier page of this tab. */
export function restore(): void {
  const arrival = readArrival(window.location.hash);
  if (arrival) {
    window.history.replaceState(null, '', `#${arrival.next}`);
    if (!signIn(arrival.token)) become({ ended: 'The link brought a text that is no token.' });
    return;
  }
  const bearer = readToken(sessionStorage.getItem(KEY) ?? '');
  if (bearer) become({ bearer });
}

/** Returns whether the text is a token. */
export function signIn(text: string): boolean {
  const bearer = readToken(text);
  if (!bearer) return false;
  sessionStorage.setItem(KEY, bearer.token);
  become({ bearer });
  return true;
}

/** The address stays, so the next sign-in comes back to the same page. */
export function expire(reason: string): void {
  if (!session.bearer) return;
  sessionStorage.removeItem(KEY);
  become({ ended: reason });
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  become({});
  navigate('/', { replace: true });
}

export const currentToken = (): string | undefined => session.bearer?.token;

const subscribe = (changed: () => void) => {
  listeners.add(changed);
  return () => listeners.delete(changed);
};

export const useSession = (): Session => useSyncExternalStore(subscribe, () => session);

/** Whether the signed-in token has a role or one above it. */
export function useRole(needed: Parameters<typeof includes>[1]): boolean {
  const { bearer } = useSession();
  return bearer !== undefined && includes(bearer.role, needed);
}
