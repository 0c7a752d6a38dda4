/** Routes that docs/openapi.yaml gets with this change; until then their shapes are written here. */
import type { Schemas } from 'ringpost/client';

interface Answer<Body> {
  responses: { 200: { content: { 'application/json': Body } } };
}

type Query<Parameters> = { parameters: { query?: Parameters } };

export interface HealthBucket {
  from: string;
  to: string;
  delivered: number;
  failed: number;
  pending: number;
  cancelled: number;
  byAnswer: Record<string, number>;
}

export interface Health {
  success: true;
  webhookConfigId: number;
  from: string;
  to: string;
  complete: boolean;
  breaker: {
    state: 'closed' | 'open';
    failures: number;
    failingSince?: string;
    lastFailureAt?: string;
    nextProbeAt?: string;
  };
  pace: { limitPerSecond?: number; pausedUntil?: string; slowUntil?: string };
  deliveries: { total: number; delivered: number; failed: number; pending: number; cancelled: number };
  responseMillis?: { p50: number; p95: number };
  buckets: HealthBucket[];
}

export interface Additions {
  '/api/webhooks/config/{id}/health': {
    get: { parameters: { path: { id: number }; query?: { from?: string; to?: string } } } & Answer<Health>;
  };
  '/api/calls': { get: Query<Record<string, string | number | undefined>> & Answer<Schemas['CallPage']> };
  '/api/webhooks/events': {
    get: Query<Record<string, string | number | undefined>> & Answer<Schemas['WebhookEventPage']>;
  };
}
