// An OpenID Connect provider that exists in the browser alone: it answers in the place of its host.
import { createHash } from 'node:crypto';

import { token } from './providers.mjs';

const { RINGPOST_URL } = process.env;
export const ISSUER = 'https://login.example.test';
const CLIENT = 'console';
const json = (body) => ({ contentType: 'application/json', headers: { 'Access-Control-Allow-Origin': '*' }, body: JSON.stringify(body) });

/** Lets the console of this context sign in there; the access token of the end is `granted`. */
export async function withProvider(context, granted) {
  let asked;
  await context.route('**/console/config.json', (route) => route.fulfill(json({ oidc: { issuer: ISSUER, clientId: CLIENT } })));
  // What the function sends where the stage has an issuer.
  await context.route('**/console/index.html*', async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    const policy = headers['content-security-policy'].replace("connect-src 'self'", `connect-src 'self' ${ISSUER}`);
    await route.fulfill({ response, headers: { ...headers, 'content-security-policy': policy } });
  });
  await context.route(`${ISSUER}/**`, (route) => {
    const url = new URL(route.request().url());
    if (url.pathname === '/.well-known/openid-configuration') {
      return route.fulfill(json({ issuer: ISSUER, authorization_endpoint: `${ISSUER}/authorize`, token_endpoint: `${ISSUER}/token` }));
    }
    if (url.pathname === '/authorize') {
      asked = Object.fromEntries(url.searchParams);
      const back = `${asked.redirect_uri}?code=the-code&state=${asked.state}`;
      return route.fulfill({ contentType: 'text/html', body: `<script>location.href = ${JSON.stringify(back)}</script>` });
    }
    return route.fulfill(exchanged(new URLSearchParams(route.request().postData() ?? ''), asked, granted));
  });
}

/** A code is worth a token only with the verifier of its challenge. */
function exchanged(form, asked, granted) {
  const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
  const isRight = form.get('code') === 'the-code' && challenge === asked.code_challenge && asked.redirect_uri === `${RINGPOST_URL}/console/index.html`;
  if (!isRight) return { ...json({ error: 'invalid_grant' }), status: 400 };
  const claims = { iss: ISSUER, aud: CLIENT, sub: 'user', nonce: asked.nonce };
  const [, payload, signature] = token(claims).split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'RS256' })).toString('base64url');
  return json({ access_token: granted, token_type: 'Bearer', expires_in: 3600, id_token: `${header}.${payload}.${signature}` });
}
