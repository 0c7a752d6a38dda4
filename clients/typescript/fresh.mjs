// Packs the package, installs it in a new project and runs the examples of README.md there, as printed.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

import { Webhook } from 'standardwebhooks';

const HERE = new URL('.', import.meta.url).pathname;
const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;
const CALL = { id: 'call-1', startedAt: '2026-11-02T08:00:00Z', phoneNumber: '+17678189426', status: 'ended', outcome: 'busy', duration: 4 };
const ANSWERS = {
  'GET /api/calls/call-1/outcome?user_id=user-1': [200, CALL],
  'GET /api/calls/call-2/outcome?user_id=user-1': [404, { error: 'Call not found', status: 404 }],
  'GET /api/calls?status=busy,no_answer&from=2026-11-01': [200, { success: true, count: 1, calls: [CALL], nextCursor: 'x' }],
  'GET /api/calls?status=busy,no_answer&from=2026-11-01&cursor=x': [200, { success: true, count: 1, calls: [CALL] }],
  'GET /api/calls/stats?from=2026-11-01': [200, { success: true, byOutcome: { busy: 2 } }],
  'POST /api/events campaign-789-started': [202, { success: true, eventId: 'evt_7e0a' }],
};

const project = await mkdtemp(join(tmpdir(), 'ringpost-'));
const api = createServer((request, response) => {
  const key = request.headers['idempotency-key'];
  const [status, body] = ANSWERS[`${request.method} ${request.url}${key ? ` ${key}` : ''}`] ?? [500, { message: request.url }];
  response.writeHead(request.headers.authorization === 'Bearer jwt' ? status : 401).end(JSON.stringify(body));
});
api.listen(0, '127.0.0.1');
await once(api, 'listening');
Object.assign(process.env, {
  RINGPOST_URL: `http://127.0.0.1:${api.address().port}`,
  RINGPOST_TOKEN: 'jwt',
  RINGPOST_WEBHOOK_SECRET: SECRET,
});

try {
  await install();
  assert.equal(await ran('outcome.js', 'call-1', 'user-1'), 'ended busy 4\n');
  assert.equal(await ran('outcome.js', 'call-2', 'user-1'), '404 Call not found undefined\n');
  assert.equal(await ran('calls.js'), '2026-11-02T08:00:00Z +17678189426 busy\n'.repeat(2));
  assert.equal(await ran('stats.js'), '{ busy: 2 }\n');
  assert.equal(await ran('publish.js'), 'evt_7e0a\n');
  await receives(async (posted) => (await import(pathToFileURL(join(project, 'route.js')).href)).POST(posted), 204);
  await withServer((url) => receives((posted) => fetch(new Request(url, posted)), 200));
  console.log("README.md's examples run in a new project");
} finally {
  api.close();
  await rm(project, { recursive: true });
}

/** A project with the packed package, and the examples compiled in it under every strict rule. */
async function install() {
  const npm = (...parameters) => execFileSync('npm', parameters, { cwd: project, encoding: 'utf8' });
  const tarball = npm('pack', HERE, '--silent').trim().split('\n').at(-1);
  const { devDependencies } = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'));
  const tools = ['typescript', '@types/node', '@types/react', 'react'].map((name) => `${name}@${devDependencies[name]}`);
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  npm('install', '--silent', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, ...tools);
  const examples = (await readFile(join(HERE, 'README.md'), 'utf8')).matchAll(/```tsx?\n\/\/ (\S+)\n(.*?)```/gs);
  const files = [];
  for (const [, name, example] of examples) {
    await writeFile(join(project, name), example);
    files.push(name);
  }
  assert.equal(files.length, 8);
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--module', 'nodenext', '--target', 'es2022', '--jsx', 'react-jsx'];
  execFileSync('npx', ['tsc', ...strict, ...files], { cwd: project, stdio: 'inherit' });
}

/** What an example prints. The API answers from this process, so this must not block it. */
async function ran(...parameters) {
  const child = spawn(process.execPath, parameters, { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}

/** Posts an event that is signed right, then one that is not. */
async function receives(post, status) {
  const body = JSON.stringify({ type: 'call.completed', timestamp: '2026-11-02T08:00:04Z', data: { callLogId: 'call-1', outcome: 'busy' } });
  const at = new Date();
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('evt_1', at, body),
  };
  const posted = (body) => new Request('http://127.0.0.1', { method: 'POST', headers, body });
  assert.equal((await post(posted(body))).status, status);
  assert.equal((await post(posted(`${body} `))).status, 400);
}

/** The example of Node's own server, while it runs. */
async function withServer(use) {
  const PORT = String(await freePort());
  const child = spawn(process.execPath, ['server.js'], { cwd: project, env: { ...process.env, PORT } });
  try {
    const url = `http://127.0.0.1:${PORT}`;
    while (!(await fetch(url).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 50));
    await use(url);
  } finally {
    child.kill();
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
