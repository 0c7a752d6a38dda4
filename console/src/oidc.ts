/** Sign-in at an OpenID Connect provider: the authorization code with PKCE. Loaded only where a stage names a provider. */
import * as oauth from 'oauth4webapi';

import { parts } from './location';
import { signIn } from './session';
import { readToken } from './token';

export interface Oidc {
  issuer: string;
  clientId: string;
}

const KEY = 'ringpost.oidc';

interface Pending {
  verifier: string;
  state: string;
  nonce: string;
  next: string;
}

const pageUrl = () => window.location.origin + window.location.pathname;

async function discovered({ issuer }: Oidc): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oidc' }));
}

/** Leaves the page for the provider's, which leads back to it. */
export async function begin(oidc: Oidc): Promise<void> {
  const server = await discovered(oidc);
  if (!server.authorization_endpoint) throw new Error(`${oidc.issuer} names no authorization endpoint`);
  const { path, search } = parts(window.location.hash);
  const pending: Pending = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    next: search ? `${path}?${search}` : path,
  };
  sessionStorage.setItem(KEY, JSON.stringify(pending));
  const url = new URL(server.authorization_endpoint);
  const asked = {
    client_id: oidc.clientId,
    redirect_uri: pageUrl(),
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
    code_challenge_method: 'S256',
    state: pending.state,
    nonce: pending.nonce,
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  window.location.assign(url);
}

export const isReturning = (): boolean =>
  new URLSearchParams(window.location.search).has('state') && sessionStorage.getItem(KEY) !== null;

/** Exchanges the code of the address for a token. The code leaves the address first. */
export async function finish(oidc: Oidc): Promise<void> {
  const pending: Pending = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  const url = new URL(window.location.href);
  sessionStorage.removeItem(KEY);
  window.history.replaceState(null, '', `${pageUrl()}#${pending.next}`);
  const server = await discovered(oidc);
  const client = { client_id: oidc.clientId };
  const answer = oauth.validateAuthResponse(server, client, url, pending.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    pageUrl(),
    pending.verifier,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
  });
  // Some providers give an access token that only they can read; then the ID token says who it is.
  const token = readToken(tokens.access_token) ? tokens.access_token : tokens.id_token;
  if (!token || !signIn(token)) throw new Error('The provider gave no token that the API can read');
}
