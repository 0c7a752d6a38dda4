/** The last day: calls by outcome, the endpoints' health, and deliveries that failed. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';

import type { CallBucket, Endpoint, Stats } from '../api';
import { type Bucket, StackedBars } from '../charts/stacked';
import { HealthStrip } from '../charts/strip';
import { query } from '../filters';
import { count, share, time, words } from '../format';
import { useEndpoints, useEvents, useHealth, useStats } from '../queries';
import { useRole } from '../session';
import { Badge, Breaker, Page } from '../ui/parts';
import { Empty, Loaded, Partial, Problem, Skeleton } from '../ui/states';
import { lastDay } from '../window';
import { EventTable } from './event_table';

const OUTCOMES = ['completed', 'no_answer', 'busy', 'failed', 'active'];
const SHOWN_FAILURES = 5;

export default function OverviewPage() {
  const stats = useStats();
  const readsTenant = useRole('viewer');
  return (
    <Page title="Last 24 hours">
      <Loaded query={stats}>{(data) => <Calls stats={data} />}</Loaded>
      {readsTenant && <EndpointHealth />}
      <FailedDeliveries />
    </Page>
  );
}

/** Calls that have ended by outcome, and those that have not. */
export function toBar(bucket: CallBucket): Bucket {
  const ended = Object.values(bucket.byOutcome).reduce((sum, value) => sum + value, 0);
  return {
    from: bucket.from,
    to: bucket.to,
    values: { ...bucket.byOutcome, active: Math.max(0, bucket.count - ended) },
  };
}

function Calls({ stats }: { stats: Stats }) {
  if (!stats.count) {
    return (
      <Empty title="No calls in the last 24 hours">
        <p>
          <Link href="/setup">Set up a provider</Link>, or <Link href="/calls">look at earlier calls</Link>.
        </p>
      </Empty>
    );
  }
  return (
    <section aria-label="Calls">
      <div className="tiles">
        <Tile name="calls" value={count(stats.count)} href="/calls" />
        {OUTCOMES.filter((outcome) => stats.byOutcome[outcome]).map((outcome) => (
          <Tile
            key={outcome}
            name={words(outcome)}
            value={count(stats.byOutcome[outcome] ?? 0)}
            note={share((stats.byOutcome[outcome] ?? 0) / stats.count)}
            href={`/calls${query({ status: outcome, from: stats.from })}`}
          />
        ))}
        {stats.failed.count > 0 && (
          <Tile name="failed in any way" value={share(stats.failed.rate)} note={`${count(stats.failed.count)} calls`} />
        )}
      </div>
      {!stats.complete && (
        <Partial>
          {stats.message ?? 'There are more calls than one answer counts.'}
          {stats.countedFrom && ` Counted from ${time(stats.countedFrom)}.`}
        </Partial>
      )}
      {stats.buckets && (
        <StackedBars
          label="Calls per hour by outcome"
          buckets={stats.buckets.map(toBar)}
          keys={OUTCOMES}
          href={({ from, to }) => `/calls${query({ from, to })}`}
        />
      )}
      <Reasons stats={stats} />
    </section>
  );
}

function Tile({ name, value, note, href }: { name: string; value: string; note?: string; href?: string }) {
  const content = (
    <>
      <span className="value">{value}</span>
      <span>{name}</span>
      {note && <span className="muted">{note}</span>}
    </>
  );
  return href ? (
    <Link href={href} className="tile">
      {content}
    </Link>
  ) : (
    <div className="tile">{content}</div>
  );
}

function Reasons({ stats }: { stats: Stats }) {
  if (!stats.byFailureReason.length) return null;
  return (
    <details>
      <summary>Why calls failed</summary>
      <ul>
        {stats.byFailureReason.slice(0, 10).map(({ reason, count: calls }) => (
          <li key={reason}>
            {reason}: {count(calls)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function EndpointHealth() {
  return (
    <section aria-labelledby="health">
      <h2 id="health">Endpoints</h2>
      <EndpointList lines={2}>
        <p className="muted">
          No endpoint receives events yet. <Link href="/endpoints">Add one</Link>
        </p>
      </EndpointList>
    </section>
  );
}

/** The endpoints with their health, or its children where there are none. */
export function EndpointList({ lines, children }: { lines?: number; children: ReactNode }) {
  const endpoints = useEndpoints();
  return (
    <Loaded query={endpoints} lines={lines}>
      {(list) =>
        list.length ? (
          <ul className="health">
            {list.map((endpoint) => (
              <EndpointRow key={endpoint.id} endpoint={endpoint} />
            ))}
          </ul>
        ) : (
          children
        )
      }
    </Loaded>
  );
}

function EndpointRow({ endpoint }: { endpoint: Endpoint }) {
  const health = useHealth(endpoint.id);
  return (
    <li>
      <Link href={`/endpoints/${endpoint.id}`}>{endpoint.name}</Link>
      {endpoint.status === 'inactive' ? (
        <Badge value="inactive" />
      ) : (
        health.data && <Breaker state={health.data.breaker.state} />
      )}
      {health.data && <HealthStrip buckets={health.data.buckets} />}
      {health.error ? (
        <span className="muted">its health cannot be read now</span>
      ) : (
        !health.data && <Skeleton lines={1} />
      )}
      <span className="muted">
        {health.data &&
          `${count(health.data.deliveries.delivered)} delivered, ${count(health.data.deliveries.failed)} failed`}
        {health.data?.responseMillis && `, p95 ${count(health.data.responseMillis.p95)} ms`}
      </span>
    </li>
  );
}

function FailedDeliveries() {
  const failed = useEvents({
    direction: 'outbound',
    status: 'failed',
    fromDate: lastDay(Date.now()).from,
    limit: String(SHOWN_FAILURES),
  });
  const rows = failed.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <section aria-labelledby="failed">
      <h2 id="failed">Failed deliveries</h2>
      {failed.error && <Problem error={failed.error} />}
      {failed.data && !rows.length && <p className="muted">None in the last 24 hours.</p>}
      {rows.length > 0 && (
        <>
          <EventTable events={rows} />
          <p>
            <Link href="/events?direction=outbound&status=failed">Show and retry failed deliveries</Link>
          </p>
        </>
      )}
    </section>
  );
}
