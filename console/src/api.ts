/** The API of the stage that served this page. Everything that the console shows comes from its public routes. */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { createRingpost, type Query, type Schemas } from 'ringpost/client';
import { dataOf, RingpostError } from 'ringpost/error';

import { currentToken, expire } from './session';

/** The page is `<base>/console/index.html`; the API lies beside `console`, whatever the path before it. */
export const BASE_URL = new URL('..', window.location.href.split('#')[0]).href.replace(/\/$/, '');

export const { api } = createRingpost({ baseUrl: BASE_URL, token: currentToken, retries: 2 });

export { dataOf, RingpostError };

export type CallQuery = Query<'/api/calls'>;
export type EventQuery = Query<'/api/webhooks/events'>;
export type Call = Schemas['CallLog'];
export type Explanation = Schemas['CallExplanation'];
export type Claim = Schemas['Claim'];
export type Announcement = Schemas['CallAnnouncement'];
export type Health = Schemas['EndpointHealth'];
export type HealthBucket = Schemas['DeliveryBucket'];
export type Stats = Schemas['CallStats'];
export type CallBucket = Schemas['CallBucket'];
export type Timeline = Schemas['CallTimeline'];
export type HistoryEvent = Schemas['WebhookEvent'];
export type Endpoint = Schemas['WebhookConfigSummary'];
export type EndpointDetail = Schemas['WebhookConfig'];
export type DeliveryResponse = Schemas['DeliveryResponse'];
export type Recovery = Schemas['Recovery'];
export type TestResult = Schemas['WebhookTestResult'];

const onError = (error: unknown) => {
  if (error instanceof RingpostError && error.status === 401) {
    expire(
      'The API no longer accepts the token: it has expired, or its key was removed. Sign in to come back to this page.',
    );
  }
};

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  // The API's client repeats what may be repeated.
  defaultOptions: {
    queries: { retry: false, staleTime: 10_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
