/** What a page shows instead of its data, or beside it: loading, nothing, a part, a refusal. */
import type { UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { RingpostError } from '../api';
import { useSession } from '../session';

/** Appears after a moment (parts.css), so that quick answers do not flicker. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div key={line} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A count, a list or a picture that does not have everything. */
export function Partial({ children }: { children: ReactNode }) {
  return (
    <p className="notice partial" role="note">
      {children}
    </p>
  );
}

function explained(error: unknown, role: string): { title: string; text: string } {
  if (!(error instanceof RingpostError)) {
    return {
      title: 'The API does not answer',
      text: 'The network or the stage is down. The page tries again when you do.',
    };
  }
  switch (error.status) {
    case 403:
      return {
        title: 'Your role may not see this',
        text: `Your token has the role ${role}. The API says: ${error.message}.`,
      };
    case 404:
      return {
        title: 'Not here, or not yours',
        text: 'It does not exist, it has expired, or it belongs to another tenant.',
      };
    case 429:
      return { title: 'Too many requests', text: 'The API asks to wait. Try again in a minute.' };
    default:
      return error.status >= 500
        ? { title: 'The API cannot answer now', text: `It answered ${error.status}: ${error.message}.` }
        : { title: 'The API refused this', text: `${error.message}${error.field ? ` (${error.field})` : ''}.` };
  }
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { bearer } = useSession();
  const { title, text } = explained(error, bearer?.role ?? 'none');
  return (
    <div className="notice problem" role="alert">
      <div>
        <strong>{title}</strong>
        <p>{text}</p>
      </div>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

type Query<Data> = Pick<
  UseQueryResult<Data> | UseInfiniteQueryResult<Data>,
  'data' | 'error' | 'isPending' | 'refetch'
>;

/** The data of a query. Old data stays while a newer answer fails; the failure stands above it. */
export function Loaded<Data>({
  query,
  lines,
  children,
}: {
  query: Query<Data>;
  lines?: number;
  children: (data: Data) => ReactNode;
}) {
  const again = () => void query.refetch();
  return (
    <>
      {query.error && <Problem error={query.error} retry={again} />}
      {query.data !== undefined ? children(query.data) : !query.error && <Skeleton lines={lines} />}
    </>
  );
}

/** A page of a list may be short and still not be the last one. */
export function More({
  query,
}: {
  query: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
}) {
  if (!query.hasNextPage) return null;
  return (
    <p className="more">
      <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage ? 'Loading…' : 'Show older'}
      </button>
    </p>
  );
}
