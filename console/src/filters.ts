/** Filters of a list, kept in the address. */
import { useSearch } from 'wouter';

import { navigate, parts } from './location';

export type Filters = Readonly<Record<string, string>>;

export const parse = (search: string): Filters => Object.fromEntries(new URLSearchParams(search));

/** The query of filters without those that are empty, beginning with `?` unless it is empty. */
export function query(filters: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length ? `?${search}` : '';
}

/** The filters of this page, and how to change some of them. A change is no step back in the history. */
export function useFilters(): [Filters, (change: Filters) => void] {
  const filters = parse(useSearch());
  const change = (changed: Filters) =>
    navigate(parts(window.location.hash).path + query({ ...filters, ...changed }), { replace: true });
  return [filters, change];
}
