'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

import type { CallLog } from './client.js';
import { RingpostError } from './error.js';
import { getCallOutcome } from './outcome.js';

export interface UseCallOutcomeResult {
  outcome: CallLog | null;
  loading: boolean;
  error: string | null;
  refresh: () => void;
}

export interface UseCallOutcomeOptions {
  /** Milliseconds between two requests while the call is active and the page is visible. By default only `refresh` asks again. */
  pollMs?: number;
}

interface Shown {
  /** Which call this is about. */
  key: string;
  outcome: CallLog | null;
  loading: boolean;
  error: string | null;
  /** Whether a poll may find something new. */
  pending: boolean;
}

/** The hook of the Call Outcomes document. Base URL and token are those of `configure`. */
export function useCallOutcome(callId: string, userId: string, { pollMs }: UseCallOutcomeOptions = {}): UseCallOutcomeResult {
  const key = JSON.stringify([callId, userId]);
  const start: Shown = { key, outcome: null, loading: true, error: null, pending: false };
  const [shown, setShown] = useState(start);
  const running = useRef<AbortController>(undefined);

  const load = useCallback(
    async (first: Partial<Shown>) => {
      running.current?.abort();
      const mine = (running.current = new AbortController());
      const { signal } = mine;
      // Of another call nothing is kept.
      const show = (change: Partial<Shown>) => setShown((before) => ({ ...(before.key === key ? before : start), ...change }));
      show(first);
      try {
        const outcome = await getCallOutcome(callId, userId, { signal });
        if (!signal.aborted) show({ outcome, loading: false, error: null, pending: outcome.status === 'active' });
      } catch (error) {
        if (!signal.aborted) show({ loading: false, error: textOf(error), pending: isPassing(error) });
      } finally {
        if (running.current === mine) running.current = undefined;
      }
    },
    [key],
  );

  const refresh = useCallback(() => void load({ loading: true, error: null }), [load]);

  useEffect(() => {
    refresh();
    return () => running.current?.abort();
  }, [refresh]);

  useEffect(() => {
    if (!pollMs || !shown.pending || shown.loading) return undefined;
    const timer = setInterval(() => {
      // Without `loading`: what is shown stays until the answer is there.
      if (document.visibilityState === 'visible' && !running.current) void load({});
    }, pollMs);
    return () => clearInterval(timer);
  }, [load, pollMs, shown.pending, shown.loading]);

  const { outcome, loading, error } = shown.key === key ? shown : start;
  return { outcome, loading, error, refresh };
}

/** The document's texts: one for every answer that is not a success, else the error's own. */
function textOf(error: unknown): string {
  if (error instanceof RingpostError) return 'Failed to fetch call outcome';
  return error instanceof Error ? error.message : 'Unknown error';
}

/** A refusal stays one; no answer, 429 and 5xx may pass. */
function isPassing(error: unknown): boolean {
  return !(error instanceof RingpostError) || error.status === 429 || error.status >= 500;
}
