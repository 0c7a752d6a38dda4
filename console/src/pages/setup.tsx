/** What connects a stage: the providers' URLs and what arrived last, a test call, and the tenant's directory. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useId } from 'react';
import { Link } from 'wouter';

import { api, BASE_URL, dataOf } from '../api';
import { time } from '../format';
import { useEvents } from '../queries';
import { useRole } from '../session';
import { Badge, Code, Copy, Page, Table, Time } from '../ui/parts';
import { Partial, Problem, Skeleton } from '../ui/states';
import { PROVIDERS } from './call/lanes';

const URLS: Record<string, { path: string; where: string }> = {
  livekit: { path: '/api/v1/webhooks/livekit/events', where: 'in the project settings of LiveKit, under Webhooks' },
  signalwire: { path: '/api/webhooks/signalwire', where: 'as the status and recording callback of numbers and calls' },
  elevenlabs: { path: '/api/webhooks/elevenlabs', where: 'as the post-call webhook of the workspace' },
  'call-capture': { path: '/functions/v1/webhook-call-capture', where: 'in the dialer, with an API key of the tenant' },
};

export default function SetupPage() {
  const mayTest = useRole('developer');
  const mayConfigure = useRole('admin');
  return (
    <Page title="Setup">
      <section aria-labelledby="providers">
        <h2 id="providers">Providers</h2>
        <div className="cards">
          {Object.keys(URLS).map((source) => (
            <Provider key={source} source={source} />
          ))}
        </div>
      </section>
      {mayTest && <TestCall />}
      {mayConfigure ? (
        <Directory />
      ) : (
        <p className="muted">The directory of numbers, agents and API keys is for the role admin.</p>
      )}
    </Page>
  );
}

function Provider({ source }: { source: string }) {
  const latest = useEvents({ source, direction: 'inbound', limit: '1' });
  const event = latest.data?.pages[0]?.events[0];
  const { path = '', where = '' } = URLS[source] ?? {};
  return (
    <article className="card">
      <h3>
        {PROVIDERS[source]} {latest.data && <Badge value={event ? 'connected' : 'nothing yet'} />}
      </h3>
      <p>
        <code>{BASE_URL + path}</code> <Copy text={BASE_URL + path} label="Copy URL" />
      </p>
      <p className="muted">Register it {where}.</p>
      {latest.isPending && <Skeleton lines={1} />}
      {latest.error && <Problem error={latest.error} />}
      {event && (
        <p>
          Latest: <Link href={`/events/${event.id}`}>{event.eventType}</Link> <Time at={event.createdAt} />
        </p>
      )}
      {latest.data && !event && (
        <details>
          <summary>Nothing has arrived. What now?</summary>
          <p>A webhook with a wrong signature is refused and not stored. The log has the refusals:</p>
          <Code label="On this machine" text="make logs" />
          <p>
            If the log has none, the provider does not send: check the URL. If it has some, check the secret: make
            secrets.
          </p>
        </details>
      )}
    </article>
  );
}

function TestCall() {
  const id = useId();
  const test = useMutation({
    mutationFn: async (form: FormData) =>
      dataOf(
        await api.POST('/api/v1/webhooks/test', {
          body: { to_number: String(form.get('to')), from_number: String(form.get('from')) },
        }),
      ),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    test.mutate(new FormData(event.currentTarget));
  };
  return (
    <section aria-labelledby="test-call">
      <h2 id="test-call">Test call</h2>
      <p className="muted">Asks which agent would answer a call. No phone rings.</p>
      <form className="toolbar" onSubmit={submit}>
        <div className="field">
          <label htmlFor={`${id}-to`}>To your number</label>
          <input id={`${id}-to`} name="to" type="tel" required placeholder="+18588796658" />
        </div>
        <div className="field">
          <label htmlFor={`${id}-from`}>From</label>
          <input id={`${id}-from`} name="from" type="tel" defaultValue="+15551234567" />
        </div>
        <button type="submit" className="primary" disabled={test.isPending}>
          Ask
        </button>
      </form>
      {test.error && <Problem error={test.error} />}
      {test.data && (
        <div role="status">
          <p>
            Agent <strong>{test.data.response.agent_name}</strong> would answer.
          </p>
          <Code label="Answer to LiveKit" text={JSON.stringify(test.data.response, null, 2)} />
        </div>
      )}
    </section>
  );
}

const LIMIT = { params: { query: { limit: 100 } } };

function Directory() {
  return (
    <section aria-labelledby="directory">
      <h2 id="directory">Directory</h2>
      <Listing
        title="Phone numbers"
        columns={['Number', 'Agent', 'Campaign', 'User']}
        load={async () => dataOf(await api.GET('/api/directory/phone-numbers', LIMIT))}
        row={(each) => [each.number, each.agentConfigId, each.campaignId, each.userId]}
      />
      <Listing
        title="Campaigns"
        columns={['Id', 'Name', 'Agent']}
        load={async () => dataOf(await api.GET('/api/directory/campaigns', LIMIT))}
        row={(each) => [each.id, each.name, each.agentName]}
      />
      <Listing
        title="Agents"
        columns={['Id', 'Name', 'User']}
        load={async () => dataOf(await api.GET('/api/directory/agents', LIMIT))}
        row={(each) => [each.agentId, each.name, each.userId]}
      />
      <Listing
        title="API keys"
        columns={['Name', 'Company', 'Created']}
        load={async () => dataOf(await api.GET('/api/directory/api-keys', LIMIT))}
        row={(each) => [each.name, each.companyId, time(each.createdAt)]}
      />
    </section>
  );
}

interface ListingProps<Item> {
  title: string;
  columns: string[];
  load: () => Promise<{ items: Item[]; nextCursor?: string }>;
  row: (item: Item) => (string | null | undefined)[];
}

function Listing<Item>({ title, columns, load, row }: ListingProps<Item>) {
  const query = useQuery({ queryKey: ['directory', title], queryFn: load, staleTime: 60_000 });
  const rows = query.data?.items.map(row) ?? [];
  return (
    <>
      <h3>{title}</h3>
      {query.isPending && <Skeleton lines={2} />}
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      {query.data && !rows.length && <p className="muted">None yet.</p>}
      {query.data?.nextCursor && <Partial>There are more than the first {rows.length}.</Partial>}
      {rows.length > 0 && (
        <Table caption={title} columns={columns}>
          {rows.map((cells) => (
            <tr key={cells.join(' ')}>
              {cells.map((cell, index) => (
                <td key={columns[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
