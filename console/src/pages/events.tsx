/** The history: received events and deliveries. Failed deliveries can be picked and sent again. */
import { useState } from 'react';
import { Link } from 'wouter';

import type { HistoryEvent } from '../api';
import { type Filters, query, useFilters } from '../filters';
import { navigate } from '../location';
import { useEndpoints, useEvents } from '../queries';
import { useRetry } from '../retry';
import { useRole } from '../session';
import { Choice, Page } from '../ui/parts';
import { Search } from '../ui/search';
import { Empty, Loaded, More } from '../ui/states';
import { PROVIDERS } from './call/lanes';
import { EventTable, mayRetry } from './event_table';

const STATUSES = ['processed', 'pending', 'delivered', 'failed', 'cancelled'];

export default function EventsPage() {
  const [filters, change] = useFilters();
  return (
    <Page title="Events">
      <EventFilters filters={filters} change={change} />
      <EventList filters={filters} />
    </Page>
  );
}

function EventFilters({ filters, change }: { filters: Filters; change: (filters: Filters) => void }) {
  const endpoints = useEndpoints();
  const names = Object.fromEntries(endpoints.data?.map((endpoint) => [endpoint.id, endpoint.name]) ?? []);
  const choose = (name: string) => (value: string) => change({ [name]: value });
  return (
    <div className="filters">
      <Search
        label="Find an event"
        hint="webhook-id (evt_…) or number of an event"
        value={filters.messageId ?? ''}
        onSearch={(text) => (/^\d+$/.test(text) ? navigate(`/events/${text}`) : change({ messageId: text }))}
      />
      <Choice
        label="Direction"
        value={filters.direction ?? ''}
        options={['inbound', 'outbound']}
        onChange={choose('direction')}
      />
      <Choice label="Status" value={filters.status ?? ''} options={STATUSES} onChange={choose('status')} />
      <Choice label="Source" value={filters.source ?? ''} options={PROVIDERS} onChange={choose('source')} />
      {endpoints.data && (
        <Choice
          label="Endpoint"
          value={filters.webhookConfigId ?? ''}
          options={names}
          onChange={choose('webhookConfigId')}
        />
      )}
      <label className="field">
        Type
        <input
          key={filters.eventType}
          defaultValue={filters.eventType ?? ''}
          placeholder="call.completed"
          onBlur={(event) => change({ eventType: event.target.value.trim() })}
        />
      </label>
    </div>
  );
}

/** A list by these filters. Its failed deliveries can be picked if the role may retry them. */
export function EventList({ filters }: { filters: Filters }) {
  const events = useEvents(filters);
  // Here and not beside the rows: what was retried may leave the list, and its progress stays.
  const retries = useRetry();
  return (
    <>
      {retries.progress && <RetryProgress progress={retries.progress} />}
      <Loaded query={events} lines={10}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.events);
          if (!rows.length && !events.hasNextPage) return <NoEvents filtered={query(filters) !== ''} />;
          return (
            <>
              <Rows rows={rows} retries={retries} />
              <More query={events} />
            </>
          );
        }}
      </Loaded>
    </>
  );
}

type Retries = ReturnType<typeof useRetry>;

function Rows({ rows, retries }: { rows: readonly HistoryEvent[]; retries: Retries }) {
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const mayPick = useRole('developer') && rows.some(mayRetry);
  const toggle = (id: number) =>
    setPicked((before) =>
      before.has(id) ? new Set([...before].filter((each) => each !== id)) : new Set([...before, id]),
    );
  if (!mayPick) return <EventTable events={rows} />;
  const failed = rows.filter(mayRetry).map((event) => event.id);
  // What is no longer failed needs no retry.
  const ids = failed.filter((id) => picked.has(id));
  return (
    <>
      <div className="toolbar">
        <button type="button" onClick={() => setPicked(new Set(ids.length === failed.length ? [] : failed))}>
          {ids.length === failed.length ? 'Pick none' : `Pick all ${failed.length} failed`}
        </button>
        <button
          type="button"
          className="primary"
          disabled={!ids.length || retries.isRunning}
          onClick={() => retries.retry(ids)}
        >
          Retry {ids.length || ''}
        </button>
      </div>
      <EventTable events={rows} picking={{ picked, toggle }} />
    </>
  );
}

function RetryProgress({ progress: { done, of, refused } }: { progress: NonNullable<Retries['progress']> }) {
  return (
    <div className="progress" role="status">
      <progress value={done} max={of} aria-label="Retries" /> {done - refused.length} of {of} queued
      {refused.map(({ id, error }) => (
        <p key={id} className="wrong">
          <Link href={`/events/${id}`}>{id}</Link>: {error}
        </p>
      ))}
    </div>
  );
}

function NoEvents({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No event matches">
      <p>
        Events are kept for the retention of the stage. <Link href="/events">Show all events</Link>
      </p>
    </Empty>
  ) : (
    <Empty title="No event yet">
      <p>
        Events appear when a provider's webhook is accepted. <Link href="/setup">Set up a provider</Link>
      </p>
    </Empty>
  );
}
