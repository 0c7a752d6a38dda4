/** Rows of the history, with boxes to pick failed deliveries where they can be sent again. */
import { Link } from 'wouter';

import type { HistoryEvent } from '../api';
import { Badge, Table, Time } from '../ui/parts';
import { PROVIDERS } from './call/lanes';

export interface Picking {
  picked: ReadonlySet<number>;
  toggle: (id: number) => void;
}

export const mayRetry = (event: HistoryEvent) => event.direction === 'outbound' && event.status === 'failed';

const COLUMNS = ['Created', 'Type', 'Direction', 'From or to', 'Status', 'Attempts', 'Answer', 'Call'];

export function EventTable({ events, picking }: { events: readonly HistoryEvent[]; picking?: Picking }) {
  return (
    <Table caption="Events and deliveries" columns={picking ? ['Pick', ...COLUMNS] : COLUMNS}>
      {events.map((event) => (
        <tr key={event.id}>
          {picking && (
            <td>
              {mayRetry(event) && (
                <input
                  type="checkbox"
                  aria-label={`Pick ${event.eventType} ${event.id}`}
                  checked={picking.picked.has(event.id)}
                  onChange={() => picking.toggle(event.id)}
                />
              )}
            </td>
          )}
          <td>
            <Link href={`/events/${event.id}`}>
              <Time at={event.createdAt} />
            </Link>
          </td>
          <td>{event.eventType}</td>
          <td>{event.direction}</td>
          <td>
            {event.webhookConfigId ? (
              <Link href={`/endpoints/${event.webhookConfigId}`}>endpoint {event.webhookConfigId}</Link>
            ) : (
              (PROVIDERS[event.source] ?? event.source)
            )}
          </td>
          <td>
            <Badge value={event.status} />
          </td>
          <td>{event.attempts ?? ''}</td>
          <td>{event.responseData?.statusCode ?? event.responseData?.error ?? ''}</td>
          <td>{event.callId && <Link href={`/calls/${event.callId}`}>call</Link>}</td>
        </tr>
      ))}
    </Table>
  );
}
