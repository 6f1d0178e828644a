// The running local stack that LATCHKEY_STACK names, by default the one of `make run`; and a stand-in for what a stack cannot do.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Latchkey } from '../dist/index.js';

/** The stack, its demo user logged in, an API key of that user for everything, and the client that has it. */
export async function demo() {
  const file = process.env.LATCHKEY_STACK ?? fileURLToPath(new URL('../../../.local/stack.json', import.meta.url));
  const stack = JSON.parse(readFileSync(file, 'utf8'));
  const place = { url: stack.url, issuer: stack.issuer };
  const login = await new Latchkey(place).login(stack.username, stack.password);
  const key = await login.keys.create('test', { allow: ['*'], in: 'everywhere' });
  const latchkey = new Latchkey({ ...place, apiKey: key.token });
  // Calls in the user's name that need the API key too.
  const service = await latchkey.login(stack.username, stack.password, { stay: true });
  return { stack, place, login, key, latchkey, service };
}

export const unique = (prefix) => `${prefix}-${randomBytes(6).toString('hex')}`;

/** The same text with one character changed. */
export function tampered(text) {
  const at = text.length - 10;
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/** A server on a free port, closed after the test; `handle` gets and answers Node's requests, whose bodies it finds in `request.text`. */
export async function serve(t, handle) {
  const server = createServer(async (request, response) => {
    request.text = '';
    for await (const chunk of request) request.text += chunk;
    handle(request, response);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** An issuer whose keys are in the hands of the test. */
export async function standIn(t) {
  const keys = new Map();
  const standing = { published: [], fetches: 0 };
  standing.url = await serve(t, (request, response) => {
    standing.fetches += 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: standing.published }));
  });
  standing.addKey = async (kid, algorithm = 'ES256') => {
    const pair = await generateKeyPair(algorithm, { extractable: true });
    keys.set(kid, pair.privateKey);
    standing.published.push({ ...(await exportJWK(pair.publicKey)), kid, alg: algorithm, use: 'sig' });
  };
  /** A session as Latchkey signs it, except for what is given. */
  standing.session = ({ kid = 'k1', header = {}, key = keys.get(kid), ...claims } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const acl = [{ scope: { organizationId: ['acme'] }, permissions: ['read-invoices'] }];
    const usual = { iss: standing.url, sub: 'carol', aud: standing.url, iat: now, nbf: now - 30, exp: now + 3600, jti: 'id' };
    const payload = { ...usual, token_use: 'session', acl, customClaims: { plan: 'gold' }, ...claims };
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid, ...header }).sign(key);
  };
  await standing.addKey('k1');
  return standing;
}
