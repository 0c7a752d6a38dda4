import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A server on loopback that gives these answers in turn, and then repeats the last one. */
export async function answering(...answers: (Answer | ((asked: Asked) => Answer))[]) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const one = { method: request.method!, url: request.url!, headers: request.headers, body };
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(one);
    const { status = 200, headers = {}, body: answered } = typeof answer === 'function' ? answer(one) : answer;
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(typeof answered === 'string' ? answered : JSON.stringify(answered));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export const CALL = {
  id: '75decced-4c31-5f3c-9d47-8892e71acc6e',
  userId: 'user_xyz789',
  livekitRoomName: 'sip-7678189426__1730217045__abc123',
  livekitRoomSid: 'RM_xyz789abc123',
  direction: 'inbound',
  phoneNumber: '+17678189426',
  status: 'ended',
  outcome: 'completed',
  duration: 45,
  recordingUrl: 'https://cdn.example.com/recordings/recording.mp3',
  startedAt: '2025-10-29T15:30:00.000Z',
  endedAt: '2025-10-29T15:30:45.000Z',
  createdAt: '2025-10-29T15:30:00.000Z',
  updatedAt: '2025-10-29T15:30:45.000Z',
} as const;
