/**
 * The page's address is its fragment: `#/calls?status=busy`. Filters stay in it, so a link shows what its sender saw, and
 * phone numbers never reach a server's log as part of a URL.
 */
import { useSyncExternalStore } from 'react';
import type { BaseLocationHook } from 'wouter';

/** The path and the query of a fragment. */
export function parts(hash: string): { path: string; search: string } {
  const [path = '', ...query] = hash.replace(/^#?\/?/, '').split('?');
  return { path: `/${path}`, search: query.join('?') };
}

const subscribe = (changed: () => void) => {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
};

export function navigate(to: string, { replace = false } = {}): void {
  const url = `#${to}`;
  if (!replace) {
    window.location.hash = to;
    return;
  }
  window.history.replaceState(window.history.state, '', url);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

export const useHashPath: BaseLocationHook = Object.assign(
  (): [string, typeof navigate] => [useSyncExternalStore(subscribe, () => parts(window.location.hash).path), navigate],
  { hrefs: (href: string) => `#${href}` },
);

export const useHashSearch = (): string => useSyncExternalStore(subscribe, () => parts(window.location.hash).search);
