/**
 * What the pages ask, and how long an answer is good. Pages poll only while something is pending and they are visible.
 * A filter comes from the address as it is: the API refuses what it does not know.
 */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { api, type CallQuery, dataOf, type EventQuery, type HistoryEvent } from './api';
import type { Filters } from './filters';
import { useRole } from './session';
import { lastDay } from './window';

/** TanStack stops an interval while the page is hidden. */
const PENDING_MS = 5_000;
const FRESH_MS = 60_000;
/** Counts of a day change slowly, and each asks for many rows. */
const OVERVIEW_MS = 300_000;

const pages = { initialPageParam: '', placeholderData: keepPreviousData };
const next = (page: { nextCursor?: string }) => page.nextCursor;

export const useCalls = (filters: Filters) =>
  useInfiniteQuery({
    queryKey: ['calls', filters],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/calls', {
          params: { query: { limit: 50, ...(filters as CallQuery), cursor: pageParam || undefined } },
          signal,
        }),
      ),
    getNextPageParam: next,
    ...pages,
  });

export const isPending = (event: HistoryEvent) => event.status === 'pending';

/** Rows of the history. Counting them reads thousands, so no page asks for a count. */
export const useEvents = (filters: Filters, { enabled = true } = {}) =>
  useInfiniteQuery({
    queryKey: ['events', filters],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/webhooks/events', {
          params: { query: { limit: 50, count: 'false', ...(filters as EventQuery), cursor: pageParam || undefined } },
          signal,
        }),
      ),
    getNextPageParam: next,
    enabled,
    refetchInterval: ({ state }) => {
      const loaded = state.data?.pages ?? [];
      // Further pages are looked through, not watched.
      return loaded.length === 1 && loaded[0]?.events.some(isPending) ? PENDING_MS : false;
    },
    ...pages,
  });

export const useEvent = (id: number) =>
  useQuery({
    queryKey: ['event', id],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/webhooks/events/{id}', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data && isPending(state.data.event) ? PENDING_MS : false),
  });

export const useTimeline = (id: string) =>
  useInfiniteQuery({
    queryKey: ['timeline', id],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/calls/{id}/timeline', {
          params: { path: { id }, query: { cursor: pageParam || undefined } },
          signal,
        }),
      ),
    getNextPageParam: next,
    refetchInterval: ({ state }) => (state.data?.pages[0]?.call.status === 'active' ? PENDING_MS : false),
    ...pages,
  });

export const useExplanation = (id: string) =>
  useQuery({
    queryKey: ['explanation', id],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/calls/{id}/explanation', { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === 'active' ? PENDING_MS : false),
  });

/** The last day, whose end moves on with each question; so an answer that fails leaves the one before it. */
export const useStats = () =>
  useQuery({
    queryKey: ['stats'],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/calls/stats', { params: { query: { ...lastDay(Date.now()), by: 'hour' } }, signal })),
    staleTime: FRESH_MS,
    refetchInterval: OVERVIEW_MS,
  });

/** The endpoints' names are for those who may read the configuration. */
export const useEndpoints = () => {
  const enabled = useRole('viewer');
  return useQuery({
    queryKey: ['endpoints'],
    queryFn: async ({ signal }) => dataOf(await api.GET('/api/webhooks/config', { signal })).webhooks,
    enabled,
    staleTime: FRESH_MS,
  });
};

export const useEndpoint = (id: number) =>
  useQuery({
    queryKey: ['endpoint', id],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/webhooks/config/{id}', { params: { path: { id } }, signal })).webhook,
    staleTime: FRESH_MS,
  });

export const useHealth = (id: number) =>
  useQuery({
    queryKey: ['health', id],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/webhooks/config/{id}/health', { params: { path: { id } }, signal })),
    staleTime: FRESH_MS,
    refetchInterval: OVERVIEW_MS,
  });
