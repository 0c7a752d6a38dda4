// What the console's test reports and receives: a call by three providers, and a customer's endpoint that fails until it is well.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const env = process.env;
const hmac = (algorithm, key, text, encoding) => createHmac(algorithm, key).update(text).digest(encoding);
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of the stack's own key. */
export function token(claims) {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ iat: now, exp: now + 3600, ...claims })}`;
  return `${signed}.${hmac('sha256', env.RINGPOST_JWT_SECRET, signed, 'base64url')}`;
}

export async function api(method, path, body, bearer = env.RINGPOST_TOKEN) {
  const response = await fetch(env.RINGPOST_URL + path, {
    method,
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function post(path, body, headers) {
  const response = await fetch(env.RINGPOST_URL + path, { method: 'POST', body, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

function liveKit(event) {
  const body = JSON.stringify(event);
  const signature = hmac('sha256', env.LIVEKIT_WEBHOOK_SECRET, body, 'hex');
  return post('/api/v1/webhooks/livekit/events', body, { 'Content-Type': 'application/json', 'X-LiveKit-Signature': signature });
}

function signalWire(event) {
  const path = '/api/webhooks/signalwire';
  const form = new URLSearchParams(event);
  const sorted = [...form].sort(([a], [b]) => (a < b ? -1 : 1)).flat();
  const signature = hmac('sha1', env.SIGNALWIRE_SIGNING_KEY, env.RINGPOST_URL + path + sorted.join(''), 'base64');
  return post(path, form.toString(), { 'Content-Type': 'application/x-www-form-urlencoded', 'X-SignalWire-Signature': signature });
}

function elevenLabs(event) {
  const body = JSON.stringify(event);
  const now = Math.floor(Date.now() / 1000);
  const signature = `t=${now},v0=${hmac('sha256', env.ELEVENLABS_WEBHOOK_SECRET, `${now}.${body}`, 'hex')}`;
  return post('/api/webhooks/elevenlabs', body, { 'Content-Type': 'application/json', 'ElevenLabs-Signature': signature });
}

/** A call of half a minute that all three providers report. Returns what names it. */
export async function threeProviderCall(outcome = 'completed') {
  const run = `${Date.now()}${Math.floor(Math.random() * 1000)}`;
  const end = Date.now() - 2_000;
  const start = end - 34_000;
  const seconds = (at) => String(Math.floor(at / 1000));
  const callSid = `CA${run.padStart(32, '0')}`;
  const names = { callSid, roomName: `call-_+17678189426_${run}`, conversationId: `conv_${run}`, phoneNumber: '+17678189426' };
  const room = { sid: `RM_${run}`, name: names.roomName, creationTime: seconds(start), creationTimeMs: String(start) };
  const participant = {
    sid: `PA_${run}`,
    identity: 'sip_+17678189426',
    kind: 'SIP',
    joinedAt: seconds(start),
    joinedAtMs: String(start),
    attributes: {
      'sip.callID': `SCL_${run}`,
      'sip.trunkPhoneNumber': '+18588796658',
      'sip.phoneNumber': '+17678189426',
      'sip.twilio.callSid': callSid,
    },
  };
  const common = { AccountSid: 'b3877c40-da60-4998-90ad-b792e98472af', CallSid: callSid, From: '+17678189426', To: '+18588796658', Direction: 'inbound' };
  const progress = (CallStatus, at, SequenceNumber, more = {}) =>
    signalWire({ ...common, CallStatus, SequenceNumber, CallbackSource: 'call-progress-events', Timestamp: new Date(at).toUTCString(), ...more });

  await liveKit({ id: `EV_${run}_1`, event: 'participant_joined', createdAt: seconds(start), room, participant });
  await progress('ringing', start + 1_000, '0');
  if (outcome === 'completed') await progress('in-progress', start + 6_000, '1');
  const left = { ...participant, disconnectReason: outcome === 'busy' ? 'USER_REJECTED' : 'CLIENT_INITIATED' };
  await liveKit({ id: `EV_${run}_2`, event: 'participant_left', createdAt: seconds(end), room, participant: left });
  await progress(outcome, end, '2', outcome === 'completed' ? { CallDuration: '28' } : {});
  if (outcome === 'completed') {
    await elevenLabs({
      type: 'post_call_transcription',
      event_timestamp: Number(seconds(end)),
      data: {
        agent_id: 'agent_console',
        conversation_id: names.conversationId,
        status: 'done',
        transcript: [{ role: 'agent', message: 'Hello, how can I help?', time_in_call_secs: 0 }],
        metadata: {
          start_time_unix_secs: Number(seconds(start + 6_000)),
          call_duration_secs: 28,
          phone_call: { type: 'twilio', direction: 'inbound', agent_number: '+18588796658', external_number: '+17678189426', call_sid: callSid },
        },
        analysis: { call_successful: 'success', transcript_summary: 'A short call.' },
      },
    });
  }
  return names;
}

/** A customer's endpoint: it answers 503 until it is well. */
export async function customer() {
  const state = { isWell: false };
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(state.isWell ? 200 : 503, { 'Content-Type': 'text/plain' }).end(state.isWell ? 'thanks' : 'down for maintenance'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, { url: `http://127.0.0.1:${server.address().port}/webhooks`, close: () => server.close() });
}

/** Asks until the answer is as wanted. */
export async function eventually(ask, isWanted, seconds = 30) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${JSON.stringify(answer).slice(0, 500)}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
