// Document 000's client and hook, and those of clients/typescript, in a real browser, from a page of another origin than
// the API's. local/browser.py runs it, with the values of stack.env in the environment.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const { RINGPOST_URL, RINGPOST_TOKEN, RINGPOST_USER, LIVEKIT_WEBHOOK_SECRET, CHROMIUM } = process.env;
// Without these a browser on a closed network looks for its maker's hosts all the time.
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const HERE = import.meta.dirname;
const CLIENT = join(HERE, '../../clients/typescript');
const UNKNOWN_CALL = '00000000-0000-5000-8000-000000000000';

/** The id of a call that ended after 45 seconds, which this posts as LiveKit does. */
async function endedCall() {
  const run = Date.now();
  const body = JSON.stringify({
    id: `evt_browser_${run}`,
    event: 'participant_left',
    createdAt: '2025-10-29T15:30:45.123Z',
    room: { name: `sip-7678189426__${run}__browser`, sid: `RM_browser_${run}`, creationTime: '2025-10-29T15:30:00.000Z' },
    participant: { sid: 'PA_browser', identity: 'agent', disconnectReason: 'CLIENT_INITIATED' },
    egressInfo: {
      egressId: `EG_${run}`,
      status: 'EGRESS_COMPLETE',
      fileResults: [{ downloadUrl: 'https://cdn.example.com/recordings/recording.mp3' }],
    },
  });
  const signature = createHmac('sha256', LIVEKIT_WEBHOOK_SECRET).update(body).digest('hex');
  const response = await fetch(`${RINGPOST_URL}/api/webhooks/call_completed`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-LiveKit-Signature': signature },
    body,
  });
  return (await response.json()).call_id;
}

/** Modules as one script, with these constants in it. */
async function bundled(files, callId, token) {
  const constants = { BASE_URL: RINGPOST_URL, CALL_ID: callId, USER_ID: RINGPOST_USER, jwtToken: token };
  const result = await build({
    stdin: { contents: files.map((file) => `import '${file}';`).join('\n'), resolveDir: HERE },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)])),
    alias: { 'ringpost/react': `${CLIENT}/src/react.ts`, ringpost: `${CLIENT}/src/index.ts` },
    // The examples are part of a package whose modules do nothing but export.
    ignoreAnnotations: true,
    nodePaths: [`${HERE}/node_modules`],
  });
  return result.outputFiles[0].text;
}

/** A server of pages, each a script; another port is another origin. */
async function served(scripts) {
  const server = createServer((request, response) => {
    const script = scripts[request.url.slice(1)];
    response.writeHead(script ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(script && `<!doctype html><title>${request.url}</title><div id="root"></div><script type="module">${script.replaceAll('</script', '<\\/script')}</script>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const callId = await endedCall();
const server = await served({
  client: await bundled(['./client.ts'], callId, RINGPOST_TOKEN),
  unknown: await bundled(['./client.ts'], UNKNOWN_CALL, RINGPOST_TOKEN),
  stranger: await bundled(['./client.ts'], callId, 'not.a.token'),
  hook: await bundled(['./hook.tsx'], callId, ''),
  'package-client': await bundled(['./package.ts', `${CLIENT}/test/document/client.ts`], callId, ''),
  'package-hook': await bundled(['./package.ts', `${CLIENT}/test/document/hook.tsx`], callId, ''),
  empty: 'void 0;',
});
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });

/** A page, and what its console says. */
async function opened(url, before = () => {}) {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20_000);
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  await page.addInitScript(before, RINGPOST_TOKEN);
  await page.goto(url);
  return { page, said };
}

/** Waits until the console has said as many lines as are expected, then compares. */
async function says(name, expected, before) {
  const { page, said } = await opened(`${origin}/${name}`, before);
  const lines = () => said.filter((line) => !line.startsWith('Failed to load resource'));
  while (lines().length < expected.length) await page.waitForEvent('console');
  assert.deepEqual(lines(), expected);
}

/** Where document 000's hook looks for the token. */
const storeToken = (token) => localStorage.setItem('token', token);

/** A page shows the call, and again after a click. */
async function showsACall(name) {
  const { page } = await opened(`${origin}/${name}`, storeToken);
  await page.getByRole('heading', { name: 'Call Outcome: completed' }).waitFor();
  await page.getByText('Duration: 45s').waitFor();
  await page.getByText('Phone: +17678189426').waitFor();
  const answered = page.waitForResponse((response) => response.url().includes(callId));
  await page.getByRole('button', { name: 'Refresh' }).click();
  assert.equal((await answered).status(), 200);
  await page.getByRole('heading', { name: 'Call Outcome: completed' }).waitFor();
}

const CALL_LINES = ['Call outcome: completed', 'Duration: 45s', 'Recording: https://cdn.example.com/recordings/recording.mp3'];

const checks = {
  "the document's client reads a call": () => says('client', CALL_LINES),

  'it can read why it gets none': () => says('unknown', ['Error: Call not found']),

  'and why it is refused': () => says('stranger', ['Error: Unauthorized']),

  "the document's hook shows a call, and again": () => showsACall('hook'),

  "the package's client reads a call": () => says('package-client', CALL_LINES, storeToken),

  "the package's hook shows a call, and again": () => showsACall('package-hook'),

  'a page may ask and configure, by every method and header': async () => {
    const { page } = await opened(`${origin}/empty`);
    const send = (method, path, headers, body) =>
      page.evaluate(
        async ([url, method, headers, body]) => (await fetch(url, { method, headers, body })).status,
        [RINGPOST_URL + path, method, { Authorization: `Bearer ${RINGPOST_TOKEN}`, 'Content-Type': 'application/json', ...headers }, body],
      );
    assert.equal(await send('GET', '/api/calls?limit=1'), 200);
    // Nobody has assigned the agent, and only the platform may free one: a page can read both.
    assert.equal(await send('PUT', '/api/directory/agents/browser', {}, '{}'), 404);
    assert.equal(await send('DELETE', '/api/directory/agents/browser'), 403);
    assert.equal(await send('POST', '/api/events', { 'Idempotency-Key': `browser-${Date.now()}` }, '{}'), 400);
    assert.equal(await send('POST', '/functions/v1/webhook-call-capture', { 'x-api-key': 'none' }, '{}'), 401);
  },

  'the reference is read from one host, without a script': async () => {
    const asked = [];
    const { page, said } = await opened('about:blank');
    page.on('request', (request) => asked.push(request.url()));
    const response = await page.goto(`${RINGPOST_URL}/api/docs`);
    assert.match(response.headers()['content-security-policy'], /^default-src 'none'; style-src 'sha256-/);
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText().then((text) => text.startsWith('Ringpost API')), true);
    // The style was let in: the policy names its digest.
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.skip')).position), 'absolute');
    await page.getByRole('link', { name: 'openapi.json', exact: true }).click();
    await page.waitForURL(`${RINGPOST_URL}/api/openapi.json`);
    assert.deepEqual(asked.filter((url) => !url.startsWith(RINGPOST_URL) && !url.endsWith('/favicon.ico')), []);
    assert.deepEqual(said.filter((line) => line.includes('Content Security Policy') && !line.includes('favicon')), []);
  },
};

try {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`✓ ${name}`);
  }
} finally {
  await browser.close();
  server.close();
}
