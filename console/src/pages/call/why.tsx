/** Why the call has its outcome: the sentence, who claimed what, which claim won, and what was announced to whom. */
import { useState } from 'react';
import { Link } from 'wouter';

import type { Announcement, Claim, Explanation } from '../../api';
import { time, words } from '../../format';
import { Badge, Copy, Table, Time } from '../../ui/parts';
import { Partial } from '../../ui/states';
import { asText } from './as_text';
import { PROVIDERS } from './lanes';

export function Why({ explanation }: { explanation: Explanation }) {
  const result = explanation.outcome ?? explanation.status;
  return (
    <section aria-labelledby="why">
      <div className="section-head">
        <h2 id="why">
          Why <q>{words(result)}</q>?
        </h2>
        <Copy text={asText(explanation)} label="Copy as text" />
      </div>
      <p className="sentence">{explanation.sentence}</p>
      <p className="muted">Rule: {words(explanation.rule)}</p>
      {!explanation.complete && (
        <Partial>
          Some events of this call have expired, or it has more than are explained: claims can be missing here.
        </Partial>
      )}
      <Claims claims={explanation.claims} />
      <h2>Announced and delivered</h2>
      <Announcements announcements={explanation.announcements} />
      {explanation.absorbed.length > 0 && (
        <p className="muted">
          Records that turned out to be this call:{' '}
          {explanation.absorbed.map((id) => (
            <code key={id}>{id} </code>
          ))}
        </p>
      )}
    </section>
  );
}

export const LOST: Record<string, string> = {
  lower_rank: 'a claim of higher rank won',
  earlier: 'a later claim won',
  later: 'an earlier claim won',
  not_decisive: 'it decides nothing by itself',
  wrong_leg: "it is not about the call's own phone",
  repeated: 'it repeats the claim that won',
};
const lost = (reason: string) => LOST[reason] ?? words(reason);

function Claims({ claims }: { claims: readonly Claim[] }) {
  const [all, setAll] = useState(false);
  if (!claims.length) return <p className="muted">No event claimed anything about this call yet.</p>;
  const shown = claims.filter((claim) => all || claim.lostBecause !== 'repeated');
  const facts = [...new Set(shown.map((claim) => claim.fact))];
  const repeated = claims.length - shown.length;
  return (
    <>
      {repeated > 0 && (
        <p>
          <button type="button" className="quiet" onClick={() => setAll(true)}>
            Also show {repeated} claims that only repeat
          </button>
        </p>
      )}
      <Table caption="Claims by fact" columns={['Fact', 'Claimed', 'By', 'Event', 'When', 'Rank', 'Result']}>
        {facts.flatMap((fact) =>
          shown
            .filter((claim) => claim.fact === fact)
            .sort((a, b) => Number(b.won) - Number(a.won) || b.rank - a.rank)
            .map((claim, index) => (
              <tr
                key={`${fact} ${claim.source} ${claim.eventId} ${claim.value} ${claim.occurredAt}`}
                className={claim.won ? 'won' : 'lost'}
              >
                <td>{index === 0 ? words(fact) : ''}</td>
                <td className="value">
                  <Value value={claim.value} />
                </td>
                <td>{PROVIDERS[claim.source] ?? claim.source}</td>
                <td>
                  {claim.eventId ? <Link href={`/events/${claim.eventId}`}>{claim.eventType}</Link> : claim.eventType}
                </td>
                <td>
                  <Time at={claim.occurredAt} />
                </td>
                <td>{claim.rank}</td>
                <td>{claim.won ? <strong>won</strong> : claim.lostBecause ? lost(claim.lostBecause) : 'lost'}</td>
              </tr>
            )),
        )}
      </Table>
    </>
  );
}

const MOMENT = /^\d{4}-\d\d-\d\dT/;

function Value({ value }: { value: Claim['value'] }) {
  return typeof value === 'string' && MOMENT.test(value) ? <Time at={value} /> : String(value);
}

function Announcements({ announcements }: { announcements: readonly Announcement[] }) {
  if (!announcements.length) return <p className="muted">Nothing has been announced about this call.</p>;
  return (
    <ul className="announcements">
      {announcements.map((announcement) => (
        <li key={announcement.messageId}>
          <strong>{announcement.eventType}</strong> <Time at={announcement.at} />{' '}
          <code title="The webhook-id that endpoints receive">{announcement.messageId}</code>
          <Deliveries announcement={announcement} />
        </li>
      ))}
    </ul>
  );
}

function Deliveries({ announcement: { deliveries } }: { announcement: Announcement }) {
  if (!deliveries) return null;
  if (!deliveries.length) return <p className="muted">No subscription wanted it.</p>;
  return (
    <ul>
      {deliveries.map((delivery) => (
        <li key={delivery.id}>
          <Badge value={delivery.status} />{' '}
          <Link href={`/events/${delivery.id}`}>{delivery.name ?? `endpoint ${delivery.webhookConfigId}`}</Link>{' '}
          <span className="muted">
            {delivery.attempts} {delivery.attempts === 1 ? 'attempt' : 'attempts'}
            {delivery.responseStatus ? `, last answer ${delivery.responseStatus}` : ''}, {time(delivery.updatedAt)}
          </span>
        </li>
      ))}
    </ul>
  );
}
