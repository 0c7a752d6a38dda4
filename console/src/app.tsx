/** The frame of every page: navigation, who is signed in, and the page that the address names. */
import { lazy, Suspense, useEffect } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';

import { queryClient } from './api';
import { ago } from './format';
import { CallsPage } from './pages/calls';
import { SignIn } from './pages/sign_in';
import { signOut, useSession } from './session';
import type { Bearer } from './token';
import { Empty, Skeleton } from './ui/states';

const OverviewPage = lazy(() => import('./pages/overview'));
const CallPage = lazy(() => import('./pages/call'));
const EventsPage = lazy(() => import('./pages/events'));
const EventPage = lazy(() => import('./pages/event'));
const EndpointsPage = lazy(() => import('./pages/endpoints'));
const EndpointPage = lazy(() => import('./pages/endpoint'));
const SetupPage = lazy(() => import('./pages/setup'));

const NAVIGATION = {
  '/': 'Overview',
  '/calls': 'Calls',
  '/events': 'Events',
  '/endpoints': 'Endpoints',
  '/setup': 'Setup',
};

export function App() {
  const { bearer } = useSession();
  // What one token has seen is gone before another one is asked for. Not at the first sign-in, which has its own query.
  useEffect(() => (bearer ? () => queryClient.clear() : undefined), [bearer]);
  if (!bearer) return <SignIn />;
  return (
    <>
      <button type="button" className="skip" onClick={() => document.querySelector<HTMLElement>('main h1')?.focus()}>
        Skip to the page
      </button>
      <header className="bar">
        <Link href="/" className="brand">
          Ringpost
        </Link>
        <Navigation />
        <Account bearer={bearer} />
      </header>
      <main>
        <Suspense fallback={<Skeleton />}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/calls" component={CallsPage} />
            <Route path="/calls/:id">{({ id }) => <CallPage key={id} id={id} />}</Route>
            <Route path="/events" component={EventsPage} />
            <Route path="/events/:id">{({ id }) => <EventPage key={id} id={Number(id)} />}</Route>
            <Route path="/endpoints" component={EndpointsPage} />
            <Route path="/endpoints/:id">{({ id }) => <EndpointPage key={id} id={Number(id)} />}</Route>
            <Route path="/setup" component={SetupPage} />
            <Route>
              <Empty title="There is no such page">
                <p>
                  <Link href="/">Go to the overview</Link>
                </p>
              </Empty>
            </Route>
          </Switch>
        </Suspense>
      </main>
    </>
  );
}

function Navigation() {
  const [path] = useLocation();
  const isHere = (href: string) => (href === '/' ? path === '/' : path.startsWith(href));
  return (
    <nav aria-label="Pages">
      {Object.entries(NAVIGATION).map(([href, name]) => (
        <Link key={href} href={href} aria-current={isHere(href) ? 'page' : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

function Account({ bearer }: { bearer: Bearer }) {
  return (
    <div className="account">
      <span>
        {bearer.tenant || 'no tenant'} · {bearer.role}
        {bearer.expiresAt && (
          <span title={new Date(bearer.expiresAt).toLocaleString()}>
            {' '}
            · token ends {ago(bearer.expiresAt, Date.now())}
          </span>
        )}
      </span>
      <button type="button" className="quiet" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}
