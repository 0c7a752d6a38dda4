/** Parameters that docs/openapi.yaml gets with this change; until then they are written here. */
import type { Schemas } from 'ringpost/client';

interface Listed<Body> {
  get: {
    parameters: { query?: Record<string, string | number | undefined> };
    responses: { 200: { content: { 'application/json': Body } } };
  };
}

export interface Additions {
  '/api/calls': Listed<Schemas['CallPage']>;
  '/api/webhooks/events': Listed<Schemas['WebhookEventPage']>;
}
