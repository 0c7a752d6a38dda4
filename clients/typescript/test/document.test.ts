// The examples of the Call Outcomes document, with the package in place of what they define.
import { eventually } from './page.js';

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { mock, test } from 'node:test';

import { configure } from 'ringpost';

import { answering, CALL } from './server.js';

Object.assign(globalThis, { CALL_ID: CALL.id, USER_ID: CALL.userId, IS_REACT_ACT_ENVIRONMENT: false });

test('they are as in the browser tests, which have the whole examples', async () => {
  for (const name of ['client.ts', 'hook.tsx']) {
    const usage = async (folder: string) => {
      const [, text] = (await readFile(new URL(`${folder}/${name}`, import.meta.url), 'utf8')).split('\n// Usage');
      assert(text);
      return text;
    };
    assert.equal(await usage('../test/document'), await usage('../../../tests/browser'));
  }
});

test('example 5 reads a call with the token that the page has stored', async () => {
  const { baseUrl, asked } = await answering({ body: CALL });
  localStorage.setItem('token', 'stored');
  configure({ baseUrl });
  const lines: unknown[] = [];
  const log = mock.method(console, 'log', (line: unknown) => lines.push(line));
  await import('./document/client.js');
  log.mock.restore();
  assert.deepEqual(lines, ['Call outcome: completed', 'Duration: 45s', `Recording: ${CALL.recordingUrl}`]);
  assert.equal(asked[0]!.url, `/api/calls/${CALL.id}/outcome?user_id=${CALL.userId}`);
  assert.equal(asked[0]!.headers.authorization, 'Bearer stored');
});

test('example 6 shows a call, and again', async () => {
  const { baseUrl, asked } = await answering({ body: CALL }, { body: { ...CALL, duration: 46 } });
  configure({ baseUrl });
  const page = document.createElement('div');
  page.id = 'root';
  document.body.append(page);
  await import('./document/hook.js');
  await eventually(() => assert.equal(page.textContent, 'Call Outcome: completedDuration: 45sPhone: +17678189426Refresh'));
  assert.equal(page.querySelector('audio')!.getAttribute('src'), CALL.recordingUrl);
  page.querySelector('button')!.click();
  await eventually(() => assert.match(page.textContent!, /Duration: 46s/));
  assert.equal(asked.length, 2);
});

test('without the API’s own text an error has the document’s', async () => {
  const { baseUrl } = await answering({ status: 400, body: { message: 'Bad Request' } }, { status: 404, body: '<html>' });
  configure({ baseUrl });
  const { getCallOutcome } = await import('ringpost');
  for (let times = 0; times < 2; times++) {
    await assert.rejects(getCallOutcome('1', '2'), { message: 'Failed to retrieve call outcome' });
  }
});
