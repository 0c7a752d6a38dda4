/** One event or delivery: its attempts, its body, the answers, and a retry that is followed here. */
import { Link } from 'wouter';

import { type DeliveryResponse, type HistoryEvent, RingpostError } from '../api';
import { AttemptStrip } from '../charts/attempts';
import { useEvent } from '../queries';
import { useRetry } from '../retry';
import { useRole } from '../session';
import { Badge, Code, Copy, Fact, Facts, Page, Table, Time } from '../ui/parts';
import { Loaded, Partial } from '../ui/states';
import { PROVIDERS } from './call/lanes';
import { curlOf } from './curl';
import { mayRetry } from './event_table';

export default function EventPage({ id }: { id: number }) {
  const query = useEvent(id);
  const event = query.data?.event;
  return (
    <Page
      title={event?.direction === 'outbound' ? 'Delivery' : 'Event'}
      aside={event && <Badge value={event.status} />}
    >
      <Loaded query={query}>
        {(data) => (
          <>
            <Summary event={data.event} endpoint={data.webhookConfig} />
            {data.event.direction === 'outbound' && <Attempts event={data.event} />}
            <Body event={data.event} url={data.webhookConfig?.url} />
          </>
        )}
      </Loaded>
      {query.error instanceof RingpostError && query.error.status === 404 && (
        <p>
          <Link href="/events">Search the events</Link>
        </p>
      )}
    </Page>
  );
}

function Summary({
  event,
  endpoint,
}: {
  event: HistoryEvent;
  endpoint: { id: number; name: string; url: string } | undefined;
}) {
  return (
    <Facts>
      <Fact name="Type">{event.eventType}</Fact>
      <Fact name={event.direction === 'outbound' ? 'To' : 'From'}>
        {endpoint ? (
          <Link href={`/endpoints/${endpoint.id}`}>{endpoint.name}</Link>
        ) : event.webhookConfigId ? (
          `endpoint ${event.webhookConfigId}`
        ) : (
          (PROVIDERS[event.source] ?? event.source)
        )}
      </Fact>
      <Fact name="URL">{endpoint && <code>{endpoint.url}</code>}</Fact>
      <Fact name="Created">
        <Time at={event.createdAt} />
      </Fact>
      <Fact name="Call">{event.callId && <Link href={`/calls/${event.callId}`}>{event.callId}</Link>}</Fact>
      <Fact name="webhook-id">
        {event.messageId && (
          <>
            <code>{event.messageId}</code> <Copy text={event.messageId} />{' '}
            <Link href={`/events?messageId=${encodeURIComponent(event.messageId)}`}>all its deliveries</Link>
          </>
        )}
      </Fact>
      <Fact name="Queued again by">{event.recovery && <code>{event.recovery}</code>}</Fact>
    </Facts>
  );
}

function Attempts({ event }: { event: HistoryEvent }) {
  const attempts = event.attemptDetails ?? [];
  const { progress, isRunning, retry } = useRetry();
  const mayUse = useRole('developer');
  return (
    <section aria-labelledby="attempts">
      <div className="section-head">
        <h2 id="attempts">Attempts</h2>
        {mayUse && mayRetry(event) && (
          <button type="button" className="primary" disabled={isRunning} onClick={() => retry([event.id])}>
            Retry
          </button>
        )}
      </div>
      <div role="status">
        {progress?.refused.map(({ error }) => (
          <p key={error} className="wrong">
            {error}
          </p>
        ))}
        {event.status === 'pending' && (
          <p className="muted">
            {event.nextAttemptAt ? (
              <>
                The next attempt is at <Time at={event.nextAttemptAt} />.
              </>
            ) : (
              'An attempt is queued.'
            )}{' '}
            This page follows it.
          </p>
        )}
      </div>
      {attempts.length > 0 && (
        <>
          <AttemptStrip attempts={attempts} next={event.nextAttemptAt} />
          {attempts.length < (event.attempts ?? 0) && (
            <Partial>
              The latest {attempts.length} of {event.attempts} attempts are kept.
            </Partial>
          )}
          <Table caption="Attempts" columns={['Attempt', 'At', 'Answer', 'Took', 'Beginning of the answer']}>
            {attempts.map((attempt) => (
              <tr key={attempt.attempt}>
                <td>{attempt.attempt}</td>
                <td>
                  <Time at={attempt.at} />
                </td>
                <td>{attempt.statusCode ?? 'none'}</td>
                <td>{attempt.timing === undefined ? '' : `${attempt.timing} ms`}</td>
                <td>
                  <Answer answer={attempt} />
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </section>
  );
}

function Answer({ answer }: { answer: DeliveryResponse }) {
  const headers = Object.entries(answer.headers ?? {});
  return (
    <>
      {answer.error ?? <code className="cut">{answer.body}</code>}
      {headers.length > 0 && (
        <details>
          <summary>{headers.length} headers</summary>
          <pre>{headers.map(([name, value]) => `${name}: ${value}`).join('\n')}</pre>
        </details>
      )}
    </>
  );
}

function Body({ event, url }: { event: HistoryEvent; url: string | undefined }) {
  if (event.payload === null) return <p className="muted">The body has expired.</p>;
  const text = typeof event.payload === 'string' ? event.payload : JSON.stringify(event.payload, null, 2);
  const curl = curlOf(event, url);
  return (
    <section aria-label="Body">
      {event.payloadTruncated && <Partial>Only the beginning of the body is shown.</Partial>}
      <Code
        label={event.direction === 'outbound' ? 'Data of the posted body' : 'Body as it was received'}
        text={text}
      />
      {curl && <Code label="Post the same to your own machine, unsigned" text={curl} />}
    </section>
  );
}
