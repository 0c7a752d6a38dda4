/** Calls, newest first, and the box that finds one. */
import { Link } from 'wouter';

import { BASE_URL, type Call } from '../api';
import { CALL_NAMES, named } from '../call_search';
import { query, useFilters } from '../filters';
import { seconds } from '../format';
import { navigate } from '../location';
import { useCalls } from '../queries';
import { Badge, Choice, Code, Page, Table, Time } from '../ui/parts';
import { Search } from '../ui/search';
import { Empty, Loaded, More } from '../ui/states';

const STATUS_WORDS = ['active', 'completed', 'no_answer', 'busy', 'failed'];
const DIRECTIONS = ['inbound', 'outbound'];

export function CallsPage() {
  const [filters, change] = useFilters();
  const calls = useCalls(filters);
  const searched = CALL_NAMES.map((name) => filters[name]).find(Boolean) ?? '';
  const search = (text: string) => {
    const found = named(text);
    if ('callId' in found) return navigate(`/calls/${found.callId}`);
    const others = Object.fromEntries(CALL_NAMES.map((name) => [name, '']));
    return change(text ? { ...others, ...found.filter } : others);
  };
  return (
    <Page title="Calls">
      <div className="filters">
        <Search
          label="Find a call"
          hint="phone number, call SID, conversation, room or call id"
          value={searched}
          onSearch={search}
        />
        <Choice
          label="Status"
          value={filters.status ?? ''}
          options={STATUS_WORDS}
          onChange={(status) => change({ status })}
        />
        <Choice
          label="Direction"
          value={filters.direction ?? ''}
          options={DIRECTIONS}
          onChange={(direction) => change({ direction })}
        />
        <Day label="From" value={filters.from} onChange={(from) => change({ from })} />
        <Day label="To" value={filters.to} onChange={(to) => change({ to })} />
      </div>
      <Loaded query={calls} lines={10}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.calls);
          return rows.length || calls.hasNextPage ? (
            <>
              <CallTable calls={rows} />
              <More query={calls} />
            </>
          ) : (
            <NoCalls filtered={query(filters) !== ''} />
          );
        }}
      </Loaded>
    </Page>
  );
}

/** Filters by days are in the address as days; a time in a link, such as an hour of the overview, is shown as its day. */
function Day({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (day: string) => void;
}) {
  return (
    <label className="field">
      {label}
      <input type="date" value={value?.slice(0, 10) ?? ''} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

function CallTable({ calls }: { calls: readonly Call[] }) {
  return (
    <Table caption="Calls" columns={['Started', 'Outcome', 'Other side', 'Direction', 'Duration', 'Failure']}>
      {calls.map((call) => (
        <tr key={call.id}>
          <td>
            <Link href={`/calls/${call.id}`}>
              <Time at={call.startedAt} />
            </Link>
          </td>
          <td>
            <Badge value={call.outcome ?? call.status} />
          </td>
          <td className="mono">{call.phoneNumber || 'unknown'}</td>
          <td>{call.direction}</td>
          <td>{call.duration === undefined ? '' : seconds(call.duration)}</td>
          <td>{call.failureReason ?? ''}</td>
        </tr>
      ))}
    </Table>
  );
}

function NoCalls({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No call matches">
        <p>
          The call may be older than its retention, or belong to another tenant.{' '}
          <Link href="/calls">Show all calls</Link>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No call has been reported yet">
      <p>
        Register a provider's webhook on the <Link href="/setup">setup page</Link>, or try the inbound route with a test
        call:
      </p>
      <Code
        label="Simulate an inbound call"
        text={`curl "${BASE_URL}/api/v1/webhooks/test" -H "Authorization: Bearer $RINGPOST_TOKEN" \\\n  -H 'Content-Type: application/json' -d '{"to_number": "+18588796658", "from_number": "+15551234567"}'`}
      />
    </Empty>
  );
}
