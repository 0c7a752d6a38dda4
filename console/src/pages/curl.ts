/** A delivery as a curl line, its body rebuilt around its data. It has no signature: only the subscription's secret makes one. */
import type { HistoryEvent } from '../api';

/** Undefined for received events, and where the body is not whole. */
export function curlOf(event: HistoryEvent, url = 'http://localhost:3000/webhooks'): string | undefined {
  if (event.direction !== 'outbound' || event.payload === null || event.payloadTruncated) return undefined;
  const body = { type: event.eventType, timestamp: event.createdAt, data: event.payload };
  const headers = [
    'Content-Type: application/json',
    `webhook-id: ${event.messageId ?? event.id}`,
    `webhook-timestamp: ${Math.floor(new Date(event.createdAt).getTime() / 1000)}`,
  ];
  return [
    `curl -X POST ${quoted(url)}`,
    ...headers.map((header) => `-H ${quoted(header)}`),
    `--data-binary ${quoted(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
