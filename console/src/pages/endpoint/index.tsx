/** One endpoint: its health, its deliveries, and what can be done about them. */
import type { EndpointDetail, Health, HealthBucket } from '../../api';
import { type Bucket, StackedBars } from '../../charts/stacked';
import { query } from '../../filters';
import { count, seconds, time } from '../../format';
import { useEndpoint, useHealth } from '../../queries';
import { useRole } from '../../session';
import { Badge, Breaker, Fact, Facts, Page, Time } from '../../ui/parts';
import { Loaded, Partial } from '../../ui/states';
import { Tabs } from '../../ui/tabs';
import { EventList } from '../events';
import { Recover } from './recover';
import { Rotate } from './rotate';
import { delays } from './schedule';
import { Test } from './test';
import { Verify } from './verify';

const ANSWERS = ['2xx', '3xx', '4xx', '5xx', 'timeout', 'connection'];
const UNATTEMPTED = 'not_attempted';
const DISABLED: Record<string, string> = {
  gone: 'it answered 410 Gone',
  failing: 'its deliveries failed for too long',
  unproven: 'it did not prove that it wants these events',
};

export default function EndpointPage({ id }: { id: number }) {
  const endpoint = useEndpoint(id);
  const mayUse = useRole('developer');
  return (
    <Page title={endpoint.data?.name ?? 'Endpoint'} aside={endpoint.data && <Badge value={endpoint.data.status} />}>
      <Loaded query={endpoint}>
        {(data) => (
          <>
            <Configuration endpoint={data} />
            <EndpointHealth id={id} />
            <Tabs
              label="Endpoint"
              tabs={{
                Deliveries: <EventList filters={{ webhookConfigId: String(id), direction: 'outbound' }} />,
                ...(mayUse && {
                  Test: <Test endpoint={data} />,
                  Recover: <Recover id={id} />,
                  Secret: <Rotate endpoint={data} />,
                }),
                Verify: <Verify />,
              }}
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Configuration({ endpoint }: { endpoint: EndpointDetail }) {
  const { retryConfig, filters, disabled } = endpoint;
  const waits = delays(retryConfig);
  const filtered = Object.entries(filters).filter(([, names]) => names?.length);
  return (
    <>
      {disabled && (
        <p className="notice problem" role="note">
          <span>
            Ringpost set it inactive at <Time at={disabled.at} /> because {DISABLED[disabled.reason] ?? disabled.reason}
            . Set it active again by <code>PUT /api/webhooks/config/{endpoint.id}</code>, then recover what failed.
          </span>
        </p>
      )}
      <Facts>
        <Fact name="URL">
          <code>{endpoint.url}</code>
        </Fact>
        <Fact name="Event types">{endpoint.eventTypes.join(', ')}</Fact>
        <Fact name="Only for">{filtered.map(([name, names]) => `${name}: ${names?.join(', ')}`).join('; ')}</Fact>
        <Fact name="Limit">{endpoint.rateLimit && `${endpoint.rateLimit} deliveries a second`}</Fact>
        <Fact name="Retries">
          {waits.length ? `${retryConfig.maxAttempts} attempts; waits of ${waits.map(seconds).join(', ')}` : 'none'}
        </Fact>
      </Facts>
    </>
  );
}

function EndpointHealth({ id }: { id: number }) {
  const health = useHealth(id);
  return (
    <section aria-labelledby="health">
      <h2 id="health">Last 24 hours</h2>
      <Loaded query={health} lines={3}>
        {(data) => <HealthPicture health={data} id={id} />}
      </Loaded>
    </section>
  );
}

/** A delivery is in one answer, that of its last attempt, or it has had none. */
function toBar({ from, to, byAnswer, ...counts }: HealthBucket): Bucket {
  const all = counts.delivered + counts.failed + counts.pending + counts.cancelled;
  const answered = Object.values(byAnswer).reduce((sum, value) => sum + value, 0);
  return { from, to, values: { ...byAnswer, [UNATTEMPTED]: Math.max(0, all - answered) } };
}

function HealthPicture({ health, id }: { health: Health; id: number }) {
  const { breaker, pace, deliveries, responseMillis, buckets } = health;
  const hasDeliveries = deliveries.total > 0;
  return (
    <>
      {!health.complete && (
        <Partial>
          There are more deliveries than one answer counts; these are the newest
          {health.countedFrom && `, from ${time(health.countedFrom)}`}.
        </Partial>
      )}
      <Facts>
        <Fact name="Deliveries are">
          <Breaker state={breaker.state} /> {breaker.failures > 0 && `${count(breaker.failures)} failures in a row`}
        </Fact>
        <Fact name="Failing since">{breaker.failingSince && <Time at={breaker.failingSince} />}</Fact>
        <Fact name="Next probe">{breaker.nextProbeAt && <Time at={breaker.nextProbeAt} />}</Fact>
        <Fact name="Paused until">{pace.pausedUntil && <Time at={pace.pausedUntil} />}</Fact>
        <Fact name="Slowed until">{pace.slowUntil && <Time at={pace.slowUntil} />}</Fact>
        <Fact name="Deliveries">
          {count(deliveries.delivered)} delivered, {count(deliveries.failed)} failed, {count(deliveries.pending)}{' '}
          pending
        </Fact>
        <Fact name="Answers in">
          {responseMillis && `${count(responseMillis.p50)} ms (half), ${count(responseMillis.p95)} ms (95 %)`}
        </Fact>
      </Facts>
      {hasDeliveries ? (
        <StackedBars
          label="Deliveries per hour by answer"
          buckets={buckets.map(toBar)}
          keys={[...ANSWERS, UNATTEMPTED]}
          href={({ from, to }) =>
            `/events${query({ webhookConfigId: id, direction: 'outbound', fromDate: from, toDate: to })}`
          }
        />
      ) : (
        <p className="muted">No delivery in the last 24 hours. Send a test below.</p>
      )}
    </>
  );
}
