// The console in a real browser, served by its function, on the API of the running stack. local/browser.py runs it.
import assert from 'node:assert/strict';

import { asked, browser, CONSOLE, complaints, opened, settled, shown } from './console/browser.mjs';
import { ISSUER, withProvider } from './console/provider.mjs';
import { api, customer, eventually, threeProviderCall, token } from './console/providers.mjs';

const { RINGPOST_URL, RINGPOST_TOKEN: ADMIN, RINGPOST_TENANT, RINGPOST_USER } = process.env;
const UNKNOWN_CALL = '00000000-0000-5000-8000-000000000000';
const VIEWER = token({ sub: 'viewer', tenant_id: RINGPOST_TENANT, role: 'viewer' });
const NEW_TENANT = token({ sub: 'new', tenant_id: `console-${Date.now()}`, role: 'admin' });

const receiver = await customer();
// One attempt, so that a delivery has failed at once.
const { webhook: endpoint } = await api('POST', '/api/webhooks/config', {
  name: 'CRM of the console test',
  url: receiver.url,
  eventTypes: ['call.completed', 'call.answered', 'recording.completed'],
  retryConfig: { maxAttempts: 1 },
});
const names = await threeProviderCall();
await threeProviderCall('busy');
const { calls } = await eventually(
  () => api('GET', `/api/calls?phoneNumber=${encodeURIComponent(names.phoneNumber)}&limit=10`),
  ({ calls }) => calls.some((call) => call.conversationId === names.conversationId),
);
const call = calls.find((each) => each.conversationId === names.conversationId);
const failed = `/api/webhooks/events?webhookConfigId=${endpoint.id}&status=failed&count=false`;
const { events } = await eventually(() => api('GET', failed), ({ events }) => events.length >= 1);
const delivery = events[0];

const heading = (page, name, level = 1) => page.getByRole('heading', { name, level }).waitFor();
const go = (page, path) => page.evaluate((to) => void (window.location.hash = to), path);

const checks = {
  'the page is served compressed and kept for good, under a strict policy': async () => {
    const moved = await fetch(`${RINGPOST_URL}/console`, { redirect: 'manual' });
    assert.deepEqual([moved.status, moved.headers.get('location')], [302, 'console/index.html']);
    const index = await fetch(CONSOLE);
    assert.equal(index.headers.get('cache-control'), 'no-cache');
    assert.match(index.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/);
    const [script] = (await index.text()).match(/[\w-]+\.js/);
    for (const encoding of ['br', 'gzip']) {
      const response = await fetch(`${RINGPOST_URL}/console/${script}`, { headers: { 'Accept-Encoding': encoding } });
      assert.equal(response.headers.get('content-encoding'), encoding);
      assert.match(response.headers.get('cache-control'), /immutable/);
      assert.match(await response.text(), /^import|function/);
    }
    assert.equal((await fetch(`${RINGPOST_URL}/console/..%2findex.html`)).status, 404);
    assert.equal((await fetch(`${RINGPOST_URL}/console/none.js`)).status, 404);
  },

  'a token in the address signs in and is erased; a wrong text is no token': async () => {
    const page = await opened('/calls', {});
    await page.getByLabel('Token').waitFor();
    await shown(page, 'sign-in');
    await page.getByLabel('Token').fill('nonsense');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This is no JSON web token').waitFor();
    await page.getByLabel('Token').fill(ADMIN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(page, 'Calls');
    const linked = await opened('/setup', { token: ADMIN });
    await heading(linked, 'Setup');
    assert.equal(linked.url(), `${CONSOLE}#/setup`);
    await linked.getByText(`${RINGPOST_TENANT} · admin`).waitFor();
    await linked.reload();
    await heading(linked, 'Setup');
    await linked.getByRole('button', { name: 'Sign out' }).click();
    await linked.getByLabel('Token').waitFor();
    assert.equal(await linked.evaluate(() => sessionStorage.length), 0);
  },

  'a user signs in at the identity provider and comes back to the same page': async () => {
    const page = await opened('/calls?status=busy', { prepare: (context) => withProvider(context, ADMIN), otherHost: ISSUER });
    await page.getByRole('button', { name: 'Sign in at login.example.test' }).click();
    await heading(page, 'Calls');
    assert.equal(page.url(), `${CONSOLE}#/calls?status=busy`);
    await page.getByText(`${RINGPOST_TENANT} · admin`).waitFor();
  },

  'a token that the API refuses leads back to the same page': async () => {
    const page = await opened('/calls', { token: `${ADMIN.slice(0, -4)}AAAA` });
    await page.getByText('no longer accepts the token').waitFor();
    await shown(page, 'error-401');
    await page.getByLabel('Token').fill(ADMIN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(page, 'Calls');
    assert.equal(page.url(), `${CONSOLE}#/calls`);
  },

  'calls are filtered in the address, and found by any name': async () => {
    const page = await opened('/calls', { token: ADMIN });
    await page.getByRole('combobox', { name: 'Status' }).selectOption('busy');
    await page.waitForURL(/#\/calls\?status=busy$/);
    await page.reload();
    assert.equal(await page.getByRole('combobox', { name: 'Status' }).inputValue(), 'busy');
    await page.getByRole('cell', { name: 'busy' }).first().waitFor();
    await shown(page, 'calls');
    await go(page, '/calls');
    await page.getByLabel('Find a call').fill('+1 (767) 818-9426');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.locator(`a[href="#/calls/${call.id}"]`).waitFor();
    await page.getByLabel('Find a call').fill(call.id);
    await page.getByRole('button', { name: 'Search' }).click();
    await heading(page, 'Call');
  },

  'a call has a lane for each provider and endpoint, and says why': async () => {
    const page = await opened(`/calls/${call.id}`, { token: ADMIN });
    for (const lane of ['LiveKit', 'SignalWire', 'ElevenLabs', 'CRM of the console test']) {
      await page.locator('svg .lane text', { hasText: lane }).waitFor();
    }
    await page.getByRole('heading', { name: 'Why completed?' }).waitFor();
    await page.getByRole('columnheader', { name: 'Result' }).waitFor();
    assert.ok((await page.getByText('won', { exact: true }).count()) > 3);
    await shown(page, 'call');
    await page.getByRole('button', { name: 'Copy as text' }).click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^Call ${call.id}: completed\n`));
    await page.locator('svg a.mark').first().focus();
    await page.keyboard.press('Enter');
    await heading(page, 'Event');
    await shown(page, 'event');
  },

  'an unknown call is not here, or not yours': async () => {
    const page = await opened(`/calls/${UNKNOWN_CALL}`, { token: ADMIN });
    await page.getByText('Not here, or not yours').first().waitFor();
    await shown(page, 'error-404');
  },

  'a failed delivery shows its attempts, and is retried and followed': async () => {
    const page = await opened(`/events/${delivery.id}`, { token: ADMIN });
    await page.getByRole('img', { name: '1 attempts: 503' }).waitFor();
    await page.getByText('down for maintenance').waitFor();
    await page.getByText('curl -X POST').waitFor();
    await shown(page, 'delivery-failed');
    receiver.isWell = true;
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('.page-head').getByText('delivered').waitFor();
    await page.getByRole('img', { name: '2 attempts: 503, 200' }).waitFor();
    await shown(page, 'delivery-retried');
    receiver.isWell = false;
  },

  'failed deliveries are picked and sent again together': async () => {
    await threeProviderCall();
    await eventually(() => api('GET', failed), ({ events }) => events.length >= 2);
    const page = await opened(`/events?webhookConfigId=${endpoint.id}&status=failed`, { token: ADMIN });
    await page.getByRole('button', { name: /^Pick all/ }).click();
    await shown(page, 'events-picked');
    receiver.isWell = true;
    await page.getByRole('button', { name: /^Retry/ }).click();
    await page.getByText(/(\d+) of \1 queued/).waitFor();
    await eventually(() => api('GET', failed), ({ events }) => events.length === 0);
  },

  'an endpoint is tested, recovered and given a new secret': async () => {
    const page = await opened(`/endpoints/${endpoint.id}`, { token: ADMIN });
    await heading(page, 'CRM of the console test');
    await page.getByText('Deliveries per hour by answer').first().waitFor();
    await shown(page, 'endpoint');
    await page.getByRole('tab', { name: 'Test' }).click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('thanks').waitFor();
    await shown(page, 'endpoint-test');
    await page.getByRole('tab', { name: 'Recover' }).click();
    await page.getByRole('button', { name: 'Recover' }).click();
    await shown(page, 'endpoint-recover');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Recover' }).click();
    await page.getByText('done', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Secret' }).click();
    await page.getByRole('button', { name: 'Rotate the secret' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate the secret' }).click();
    await page.getByText(/^whsec_/).waitFor();
    await page.getByRole('tab', { name: 'Verify' }).click();
    await page.getByText("from 'standardwebhooks'").waitFor();
    assert.match(page.url(), /tab=Verify/);
    await shown(page, 'endpoint-verify');
  },

  'a tenant sees its day, in every light and width': async () => {
    for (const [scheme, size] of [['light', 'wide'], ['dark', 'wide'], ['light', 'narrow']]) {
      const page = await opened('/', { token: ADMIN, scheme, size });
      await page.getByText('Calls per hour by outcome').first().waitFor();
      await page.locator('.strip').first().waitFor();
      await shown(page, `overview-${scheme}-${size}`);
      for (const [path, name] of [[`/calls/${call.id}`, 'call'], ['/events', 'events'], ['/endpoints', 'endpoints'], ['/setup', 'setup']]) {
        await go(page, path);
        await settled(page);
        await shown(page, `${name}-${scheme}-${size}`);
      }
      await page.context().close();
    }
  },

  'a new tenant is led to its next step': async () => {
    const page = await opened('/', { token: NEW_TENANT });
    for (const [path, text] of [
      ['/', 'No calls in the last 24 hours'],
      ['/calls', 'No call has been reported yet'],
      ['/events', 'No event yet'],
      ['/endpoints', 'No endpoint receives events yet'],
      ['/setup', 'nothing yet'],
    ]) {
      await go(page, path);
      await page.getByText(text).first().waitFor();
      await shown(page, `empty-${path.slice(1) || 'overview'}`);
    }
  },

  'each role has its own controls': async () => {
    const page = await opened(`/endpoints/${endpoint.id}`, { token: VIEWER });
    await page.getByRole('tab', { name: 'Deliveries' }).waitFor();
    assert.equal(await page.getByRole('tab', { name: 'Recover' }).count(), 0);
    await go(page, '/setup');
    await page.getByText('is for the role admin').waitFor();
    const user = await opened('/endpoints', { token: token({ sub: RINGPOST_USER, tenant_id: RINGPOST_TENANT }) });
    await user.getByText('Endpoints are for viewers').waitFor();
    await go(user, `/calls/${call.id}`);
    await user.getByRole('heading', { name: 'Why completed?' }).waitFor();
  },

  'a stage that is down keeps what was shown, and says so': async () => {
    const page = await opened('/', { token: ADMIN });
    await page.clock.install();
    await page.reload();
    await page.getByText('Calls per hour by outcome').first().waitFor();
    const failure = { status: 500, json: { success: false, message: 'Internal server error' } };
    await page.route('**/api/calls/stats**', (route) => route.fulfill(failure));
    await page.clock.runFor('05:00');
    const said = page.getByText('The API cannot answer now');
    // The client has tried again before the page says so.
    await eventually(async () => (await page.clock.runFor(1000)) ?? said.count(), (count) => count > 0);
    await page.getByText('Calls per hour by outcome').first().waitFor();
    await shown(page, 'error-500');
    await page.unroute('**/api/calls/stats**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await said.waitFor({ state: 'detached' });
  },

  'an open overview asks little': async () => {
    const page = await opened('/', { token: ADMIN });
    await page.clock.install();
    const answers = () => ['/api/calls/stats', '/health'].map((path) => page.waitForResponse((response) => response.url().includes(path)));
    await Promise.all([...answers(), page.reload()]);
    await page.locator('.strip').first().waitFor();
    asked.requests.length = 0;
    for (let minute = 0; minute < 60; minute += 5) {
      // The next interval begins when the answers are there.
      await Promise.all([...answers(), page.clock.runFor('05:02')]);
    }
    console.log(`  an hour of an open overview: ${asked.requests.length} requests`);
    assert.ok(asked.requests.length <= 12 * 10, asked.requests.join('\n'));
  },
};

const chosen = process.argv.slice(2);
try {
  for (const [name, check] of Object.entries(checks)) {
    if (chosen.length && !chosen.some((part) => name.includes(part))) continue;
    await check();
    // What stays open goes on asking.
    await Promise.all(browser.contexts().map((context) => context.close()));
    console.log(`✓ ${name}`);
  }
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
  receiver.close();
  await api('DELETE', `/api/webhooks/config/${endpoint.id}`);
}
