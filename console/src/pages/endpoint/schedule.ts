/** When a failed delivery is tried again: the same rule as `delay_millis` in lib/src/domain/delivery/retry.rs, without its jitter. */
export interface RetryConfig {
  maxAttempts: number;
  initialDelay: number;
  maxDelay: number;
  backoffFactor: number;
}

/** Seconds before each further attempt. */
export function delays({ maxAttempts, initialDelay, maxDelay, backoffFactor }: RetryConfig): number[] {
  return Array.from({ length: Math.max(0, maxAttempts - 1) }, (_, retry) =>
    Math.min(maxDelay, initialDelay * backoffFactor ** retry),
  );
}
