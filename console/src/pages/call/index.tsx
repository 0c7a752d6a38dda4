/** One call: what it is, its picture in time, and why it ended as it did. */
import { Link } from 'wouter';

import { type HistoryEvent, RingpostError, type Timeline } from '../../api';
import { seconds } from '../../format';
import { useEndpoints, useEvents, useExplanation, useTimeline } from '../../queries';
import { Badge, Fact, Facts, Page, Table, Time } from '../../ui/parts';
import { Loaded, More } from '../../ui/states';
import { CallTimeline } from './timeline';
import { Why } from './why';

export default function CallPage({ id }: { id: string }) {
  const timeline = useTimeline(id);
  const explanation = useExplanation(id);
  const deliveries = useEvents({ callId: id, direction: 'outbound', limit: '100' });
  const unknown = timeline.error instanceof RingpostError && timeline.error.status === 404;
  const call = timeline.data?.pages[0]?.call;
  return (
    <Page title="Call" aside={call && <Badge value={call.outcome ?? call.status} />}>
      <Loaded query={timeline}>
        {({ pages }) => (
          <>
            {call && <Record call={call} />}
            {call && (
              <Drawn
                timeline={{ call, events: pages.flatMap((page) => page.events) }}
                deliveries={deliveries.data?.pages.flatMap((page) => page.events) ?? []}
              />
            )}
            <More query={timeline} />
          </>
        )}
      </Loaded>
      {unknown ? (
        <p>
          SignalWire's call SIDs look like call ids.{' '}
          <Link href={`/calls?callSid=${id}`}>Find a call with this SID</Link>
        </p>
      ) : (
        <Loaded query={explanation}>{(data) => <Why explanation={data} />}</Loaded>
      )}
    </Page>
  );
}

function Drawn(shown: { timeline: Pick<Timeline, 'call' | 'events'>; deliveries: readonly HistoryEvent[] }) {
  const endpoints = useEndpoints();
  const names = new Map(endpoints.data?.map((endpoint) => [endpoint.id, endpoint.name]));
  return <CallTimeline {...shown} nameOf={(endpoint) => names.get(endpoint) ?? `Endpoint ${endpoint}`} />;
}

function Record({ call }: { call: Timeline['call'] }) {
  return (
    <>
      <Facts>
        <Fact name="Other side">{call.phoneNumber}</Fact>
        <Fact name="Direction">{call.direction}</Fact>
        <Fact name="Started">
          <Time at={call.startedAt} />
        </Fact>
        <Fact name="Ended">{call.endedAt ? <Time at={call.endedAt} /> : 'not yet'}</Fact>
        <Fact name="Duration">{call.duration === undefined ? undefined : seconds(call.duration)}</Fact>
        <Fact name="Failure">{call.failureReason}</Fact>
        <Fact name="Agent">{call.agentConfigId ?? call.agentId}</Fact>
        <Fact name="Business outcomes">{call.outcomes?.join(', ')}</Fact>
        <Fact name="Room">{call.livekitRoomName && <code>{call.livekitRoomName}</code>}</Fact>
        <Fact name="Call SID">{call.callSid && <code>{call.callSid}</code>}</Fact>
        <Fact name="Conversation">{call.conversationId && <code>{call.conversationId}</code>}</Fact>
        <Fact name="Call id">
          <code>{call.id}</code>
        </Fact>
        <Fact name="Recording">
          {call.recordingUrl && (
            <a href={call.recordingUrl} target="_blank" rel="noreferrer">
              open in a new tab
            </a>
          )}
        </Fact>
      </Facts>
      {call.legs.length > 0 && <Legs legs={call.legs} />}
    </>
  );
}

function Legs({ legs }: { legs: Timeline['call']['legs'] }) {
  return (
    <details>
      <summary>
        {legs.length} {legs.length === 1 ? 'leg' : 'legs'}
      </summary>
      <Table caption="Legs of the call" columns={['Role', 'Who', 'Joined', 'Answered', 'Left', 'Outcome']}>
        {legs.map((leg) => (
          <tr key={`${leg.role} ${leg.identity} ${leg.number} ${leg.joinedAt}`}>
            <td>{leg.role}</td>
            <td className="mono">{leg.number ?? leg.identity}</td>
            {[leg.joinedAt, leg.answeredAt, leg.leftAt].map((at, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: three fixed columns
              <td key={index}>{at && <Time at={at} />}</td>
            ))}
            <td>{leg.outcome && <Badge value={leg.outcome} />}</td>
          </tr>
        ))}
      </Table>
    </details>
  );
}
