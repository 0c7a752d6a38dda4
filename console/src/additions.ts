/** Routes that docs/openapi.yaml gets with this change; until then their shapes are written here. */
import type { Schemas } from 'ringpost/client';

interface Answer<Body> {
  responses: { 200: { content: { 'application/json': Body } } };
}

type Query<Parameters> = { parameters: { query?: Parameters } };

export interface Claim {
  fact: string;
  value: string | number | boolean;
  source: string;
  rank: number;
  occurredAt: string;
  eventId?: number;
  eventType: string;
  won: boolean;
  lostBecause?: string;
}

export interface Announcement {
  eventType: string;
  messageId: string;
  announcedBy?: string;
  at: string;
  deliveries?: {
    id: number;
    webhookConfigId: number;
    name?: string;
    status: string;
    attempts: number;
    responseStatus?: number;
    updatedAt: string;
  }[];
}

export interface Explanation {
  success: true;
  callId: string;
  status: string;
  outcome?: string;
  rule: string;
  sentence: string;
  claims: Claim[];
  announcements: Announcement[];
  absorbed: string[];
  complete: boolean;
}

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
  '/api/calls/{id}/explanation': { get: { parameters: { path: { id: string } } } & Answer<Explanation> };
  '/api/webhooks/config/{id}/health': {
    get: { parameters: { path: { id: number }; query?: { from?: string; to?: string } } } & Answer<Health>;
  };
  '/api/calls': { get: Query<Record<string, string | number | undefined>> & Answer<Schemas['CallPage']> };
  '/api/webhooks/events': {
    get: Query<Record<string, string | number | undefined>> & Answer<Schemas['WebhookEventPage']>;
  };
}
