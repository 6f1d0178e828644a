// JWTs that others verify with nothing but the published key set: `jose`, and `aws-jwt-verify`, which does what API Gateway's own JWT
// authorizer does. LATCHKEY_JWTS names a file with JWTs of several algorithms; without it, one login and its session are made here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { JwtVerifier } from 'aws-jwt-verify';
import { JwtExpiredError, JwtInvalidAudienceError, JwtInvalidSignatureError, KidNotFoundInJwksError } from 'aws-jwt-verify/error';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { addKey, deleteKey, demo, request, stack, tampered, unique } from './stack.mjs';

// A deployed stack has another issuer than its API's address, at which the keys are as well.
const issuer = stack.issuer ?? stack.url;
const jwts = process.env.LATCHKEY_JWTS ? JSON.parse(readFileSync(process.env.LATCHKEY_JWTS, 'utf8')) : [await own()];
const keySet = createRemoteJWKSet(new URL(`${stack.url}/.well-known/jwks.json`));

async function own() {
  const { Token: login } = await demo();
  const apikey = await addKey();
  const json = { mode: 'passwordless', customerId: unique('customer') };
  const { body: made } = await request('POST', '/authentication-tokens', { headers: { apikey }, json });
  const { body: session } = await request('POST', `/authentication-tokens/${made.token}/exchange`);
  await deleteKey(apikey);
  return { algorithm: decodeProtectedHeader(login).alg, login, session: session.token };
}

/** What API Gateway knows: RSA keys and nothing else. Over plain HTTP, as the local stack is. */
class RsaOnly extends SimpleJwksCache {
  constructor() {
    super({ fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() } });
  }

  async getJwks(uri) {
    const { keys } = await super.getJwks(uri);
    return { keys: keys.filter(({ kty }) => kty === 'RSA') };
  }
}

/** A JWT authorizer with `JwtConfiguration: {issuer, audience}`: it finds the keys by the discovery document. */
async function nativeAuthorizer() {
  const discovery = await (await fetch(`${stack.url}/.well-known/openid-configuration`)).json();
  assert.equal(discovery.issuer, issuer);
  assert.equal(discovery.jwks_uri, `${issuer}/.well-known/jwks.json`);
  const jwksUri = discovery.jwks_uri.replace(issuer, stack.url);
  return JwtVerifier.create({ issuer, audience: issuer, jwksUri }, { jwksCache: new RsaOnly() });
}

for (const { algorithm, login, session } of jwts) {
  test(`jose verifies a login and a session of ${algorithm} from the key set alone`, async () => {
    for (const [jwt, typ, audience] of [[login, 'at+jwt', `${issuer}#login`], [session, 'JWT', issuer]]) {
      const verify = (text, options) => jwtVerify(text, keySet, { issuer, audience, typ, algorithms: [algorithm], ...options });

      const { payload, protectedHeader } = await verify(jwt);

      assert.equal(protectedHeader.alg, algorithm);
      assert.match(payload.sub, /\S/);
      assert.match(payload.jti, /\S/);
      await assert.rejects(verify(tampered(jwt)), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
      await assert.rejects(verify(jwt, { issuer: 'https://elsewhere.example' }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
      await assert.rejects(verify(jwt, { audience: 'https://elsewhere.example' }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
      await assert.rejects(verify(jwt, { currentDate: new Date((payload.exp + 1) * 1000) }), { code: 'ERR_JWT_EXPIRED' });
    }
    await assert.rejects(jwtVerify(login, keySet, { issuer, audience: issuer, typ: 'JWT' }), 'a login is no session');
  });

  if (algorithm === 'RS256') {
    test('a native JWT authorizer takes a session of RS256, and no login', async () => {
      const authorizer = await nativeAuthorizer();

      const claims = await authorizer.verify(session);

      assert.equal(claims.iss, issuer);
      assert.match(claims.sub, /\S/);
      await assert.rejects(authorizer.verify(tampered(session)), JwtInvalidSignatureError);
      await assert.rejects(authorizer.verify(login), JwtInvalidAudienceError);
      await assert.rejects(authorizer.verify(session, { audience: 'https://elsewhere.example' }), JwtInvalidAudienceError);
      // Its clock, moved past the end.
      await assert.rejects(authorizer.verify(session, { graceSeconds: -1e9 }), JwtExpiredError);
    });
  } else {
    test(`a native JWT authorizer takes nothing of ${algorithm}`, async () => {
      const authorizer = await nativeAuthorizer();

      await assert.rejects(authorizer.verify(session), KidNotFoundInJwksError);
    });
  }
}
