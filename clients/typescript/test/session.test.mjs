// What `verifySession` takes and refuses, with keys of the test.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { InvalidSession, Latchkey } from '../dist/index.js';
import { serve, standIn, tampered } from './stack.mjs';

test('a session is verified, and says what its caller may do', async (t) => {
  const issuer = await standIn(t);
  const latchkey = new Latchkey({ url: issuer.url });

  const caller = await latchkey.verifySession(await issuer.session());

  assert.equal(caller.kind, 'session');
  assert.equal(caller.subject, 'carol');
  assert.equal(caller.sessionId, 'id');
  assert.deepEqual(caller.claims, { plan: 'gold' });
  assert.equal(caller.can('read-invoices', 'acme'), true);
  assert.equal(caller.can('read-invoices', 'globex'), false);
  assert.equal(caller.can('read-invoices'), false);
  assert.equal(caller.can('write-invoices', 'acme'), false);
});

test('a permission holds everywhere in an empty scope, and nowhere in a scope of an unknown dimension', async (t) => {
  const issuer = await standIn(t);
  const latchkey = new Latchkey({ url: issuer.url });
  const caller = async (scope) => latchkey.verifySession(await issuer.session({ acl: [{ scope, permissions: ['*'] }] }));

  const everywhere = await caller({});
  const product = await caller({ organizationId: ['acme'], productId: ['acme'] });

  assert.ok(everywhere.can('anything') && everywhere.can('anything', 'acme'));
  assert.equal(product.can('anything', 'acme'), false);
});

test('whatever is no good session of this issuer for this audience is refused', async (t) => {
  const issuer = await standIn(t);
  const other = await standIn(t);
  await issuer.addKey('rsa', 'RS256');
  const latchkey = new Latchkey({ url: issuer.url });
  const now = Math.floor(Date.now() / 1000);
  const [head, body] = (await issuer.session()).split('.');
  const none = Buffer.from('{"alg":"none","typ":"JWT","kid":"k1"}').toString('base64url');
  const refused = {
    'a forged signature': tampered(await issuer.session()),
    'the same kid of another issuer': await other.session({ iss: issuer.url, aud: issuer.url }),
    'no algorithm': `${none}.${body}.`,
    'no signature': `${head}.${body}.`,
    'another algorithm': await issuer.session({ kid: 'rsa', header: { alg: 'RS256' } }),
    'an algorithm of secrets': await issuer.session({ header: { alg: 'HS256' }, key: Buffer.from(JSON.stringify(issuer.published[0])) }),
    'an unknown key': await issuer.session({ header: { kid: 'k2' } }),
    'the header of a login': await issuer.session({ header: { typ: 'at+jwt' } }),
    'the use of a login': await issuer.session({ token_use: 'login' }),
    'no use': await issuer.session({ token_use: undefined }),
    'the audience of a login': await issuer.session({ aud: `${issuer.url}#login` }),
    'another audience': await issuer.session({ aud: 'https://elsewhere.example' }),
    'another issuer': await issuer.session({ iss: 'https://elsewhere.example' }),
    'an end in the past': await issuer.session({ exp: now - 1 }),
    'a beginning in the future': await issuer.session({ nbf: now + 20 }),
    'no end': await issuer.session({ exp: undefined }),
    'no beginning': await issuer.session({ nbf: undefined }),
    'no subject': await issuer.session({ sub: undefined }),
    'no id': await issuer.session({ jti: undefined }),
    'an API key': 'lkapi_KPcNdUyogq7U4T4mCHxXURGvdcaRY3VQ9JdBq1duvEEnHVJWrZbuRFGQtwUUjjPZmn',
    nothing: '',
  };

  for (const [what, jwt] of Object.entries(refused)) await assert.rejects(latchkey.verifySession(jwt), InvalidSession, what);
});

test('a tolerance of the clock is granted up to 30 seconds', async (t) => {
  const issuer = await standIn(t);
  const latchkey = new Latchkey({ url: issuer.url, clockTolerance: 30 });
  const now = Math.floor(Date.now() / 1000);

  await latchkey.verifySession(await issuer.session({ exp: now - 15 }));
  await assert.rejects(latchkey.verifySession(await issuer.session({ exp: now - 45 })), InvalidSession);
  assert.throws(() => new Latchkey({ url: issuer.url, clockTolerance: 31 }), RangeError);
});

test('after a rotation the new key is good without a delay if it was published before, and the old one as long as it is', async (t) => {
  const issuer = await standIn(t);
  await issuer.addKey('k2');
  const latchkey = new Latchkey({ url: issuer.url });
  const [before, after] = [await issuer.session({ kid: 'k1' }), await issuer.session({ kid: 'k2' })];

  for (const jwt of [before, after, before]) await latchkey.verifySession(jwt);

  assert.equal(issuer.fetches, 1, 'the keys are cached');
});

test('an unknown key is looked for at most twice a minute', async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());
  const issuer = await standIn(t);
  const latchkey = new Latchkey({ url: issuer.url });
  await latchkey.verifySession(await issuer.session());
  await issuer.addKey('k2');
  const jwt = await issuer.session({ kid: 'k2' });

  for (let times = 0; times < 5; times += 1) await assert.rejects(latchkey.verifySession(jwt), InvalidSession);
  const fetchesAtOnce = issuer.fetches;
  mock.timers.tick(31_000);
  await latchkey.verifySession(jwt);

  assert.equal(fetchesAtOnce, 1);
  assert.equal(issuer.fetches, 2);
});

test('keys that cannot be had are no verdict about a session', async (t) => {
  const issuer = await standIn(t);
  const broken = await serve(t, (request, response) => response.writeHead(500).end());
  const garbled = await serve(t, (request, response) => response.end('<html>'));
  const jwt = await issuer.session();

  for (const url of [broken, garbled, 'http://127.0.0.1:1']) {
    const latchkey = new Latchkey({ url, issuer: issuer.url });
    await assert.rejects(latchkey.verifySession(jwt), (error) => !(error instanceof InvalidSession), url);
  }
});
