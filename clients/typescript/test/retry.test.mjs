// Which requests are repeated, with a server that fails on demand; and what a login does when it ends.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Latchkey, Problem } from '../dist/index.js';
import { serve } from './stack.mjs';

/** A server that fails as `failures` say, and then answers `body`; a failure is a status, or `lost`. */
async function failing(t, failures, body, headers = {}) {
  const seen = [];
  const url = await serve(t, (request, response) => {
    seen.push(request);
    const failure = failures[seen.length - 1];
    if (failure === 'lost') return request.socket.destroy();
    const problem = { type: 'urn:latchkey:problem:unavailable', title: 'Unavailable', status: failure, detail: 'Try again', instance: 'r1' };
    response.writeHead(failure ?? 200, failure && { 'Retry-After': '0', ...headers });
    response.end(JSON.stringify(failure ? problem : body));
  });
  return { latchkey: new Latchkey({ url, apiKey: 'lkapi_x' }), seen };
}

const inactive = { active: false };

test('a question is repeated after a lost and after a temporary answer', async (t) => {
  const { latchkey, seen } = await failing(t, ['lost', 503], inactive);

  const answer = await latchkey.introspect('token');

  assert.equal(answer, undefined);
  assert.equal(seen.length, 3);
  assert.deepEqual([...new Set(seen.map(({ text }) => text))], ['token=token']);
});

test('what makes something is repeated under the same name', async (t) => {
  const { latchkey, seen } = await failing(t, ['lost', 500], { token: 'lkone_x' });

  await latchkey.oneTime.create('carol');

  const names = seen.map(({ headers }) => headers['idempotency-key']);
  assert.equal(seen.length, 3);
  assert.equal(new Set(names).size, 1);
  assert.match(names[0], /^[0-9a-f-]{36}$/);
});

test('a login is never repeated', async (t) => {
  for (const failure of ['lost', 429, 503]) {
    const { latchkey, seen } = await failing(t, [failure], {});

    await assert.rejects(latchkey.login('demo', 'secret'));

    assert.equal(seen.length, 1, String(failure));
  }
});

test('an answer that does not come is lost after the timeout', async (t) => {
  const url = await serve(t, () => {});

  await assert.rejects(new Latchkey({ url, timeout: 0.1 }).login('demo', 'secret'), { name: 'TimeoutError' });
});

test('a definite answer is not repeated, and is a typed problem', async (t) => {
  const { latchkey, seen } = await failing(t, [404], {});

  await assert.rejects(latchkey.exchange('lkone_x'), (problem) => {
    assert.ok(problem instanceof Problem);
    assert.deepEqual([problem.status, problem.code, problem.message, problem.instance], [404, 'unavailable', 'Try again', 'r1']);
    return true;
  });
  assert.equal(seen.length, 1);
});

test('a long Retry-After is left to the caller', async (t) => {
  const { latchkey, seen } = await failing(t, [429], inactive, { 'Retry-After': '600' });

  await assert.rejects(latchkey.introspect('token'), { status: 429, retryAfter: 600 });
  assert.equal(seen.length, 1);
});

test('what is no problem is an error with its status', async (t) => {
  const url = await serve(t, (request, response) => response.writeHead(400).end('<html>'));

  await assert.rejects(new Latchkey({ url, apiKey: 'lkapi_x' }).introspect('token'), { status: 400, code: undefined });
});

test('a good answer is cached for as long as asked, a bad one never', async (t) => {
  const said = { active: true, kind: 'api-key', sub: 'u1', iss: 'i', iat: 1, acl: [], customClaims: {} };
  const { latchkey, seen } = await failing(t, [], said);

  const callers = [await latchkey.introspect('a', { cache: 60 }), await latchkey.introspect('a', { cache: 60 })];
  await latchkey.introspect('b', { cache: 60 });
  await latchkey.introspect('a');

  assert.equal(callers[0], callers[1]);
  assert.match(callers[0].keyId, /^[\w-]{22}$/);
  assert.equal(seen.length, 3);
});

test('a redirection is not followed, or it would take the API key along', async (t) => {
  const elsewhere = [];
  const other = await serve(t, (request, response) => {
    elsewhere.push(request);
    response.end('{}');
  });
  const url = await serve(t, (request, response) => response.writeHead(307, { Location: `${other}/introspect` }).end());

  await assert.rejects(new Latchkey({ url, apiKey: 'lkapi_x' }).introspect('token'), { status: 307 });

  assert.deepEqual(elsewhere, []);
});

test('a clock that is set back keeps no answer for longer', async (t) => {
  const said = { active: true, kind: 'api-key', sub: 'u1', iss: 'i', iat: 1, acl: [], customClaims: {} };
  const { latchkey, seen } = await failing(t, [], said);
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());

  await latchkey.introspect('a', { cache: 60 });
  mock.timers.setTime(Date.now() - 300_000);
  await latchkey.introspect('a', { cache: 60 });

  assert.equal(seen.length, 2);
});

test('a cached answer ends with the credential', async (t) => {
  const exp = Math.floor(Date.now() / 1000) + 5;
  const { latchkey, seen } = await failing(t, [], { active: true, kind: 'session', sub: 'c', iss: 'i', iat: 1, exp, acl: [], customClaims: {} });
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());

  await latchkey.introspect('a', { cache: 60 });
  mock.timers.tick(6_000);
  await latchkey.introspect('a', { cache: 60 });

  assert.equal(seen.length, 2);
});

/** A server of logins whose JWTs live `lives` seconds each; `undefined` is a session that is over, NaN a server that is down. */
async function logins(t, lives) {
  const calls = [];
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const url = await serve(t, (request, response) => {
    calls.push(request.url);
    const life = lives.shift();
    const Token = `${part({ alg: 'ES256' })}.${part({ iat: 1000, exp: 1000 + life, n: calls.length })}.AA`;
    const status = life === undefined ? 401 : Number.isNaN(life) ? 503 : 200;
    response.writeHead(status).end(JSON.stringify(status === 200 ? { Id: 'u1', Username: 'demo', Token } : {}));
  });
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  t.after(() => mock.timers.reset());
  return { latchkey: new Latchkey({ url }), calls };
}

test('a login is renewed when it is about to end, once for all who ask', async (t) => {
  const { latchkey, calls } = await logins(t, [3600, 3600]);
  const login = await latchkey.login('demo', 'secret');
  const first = login.token;

  await login.renewIfNeeded();
  const early = calls.length;
  mock.timers.tick(3_100_000);
  await Promise.all([login.renewIfNeeded(), login.renewIfNeeded(), login.renewIfNeeded()]);

  assert.equal(early, 1);
  assert.deepEqual(calls, ['/user/login', '/user/renew']);
  assert.notEqual(login.token, first);
  assert.equal(login.endsAt.getTime(), Date.now() + 3_600_000);
});

test('a login that is to stay begins again when its session is over', async (t) => {
  const { latchkey, calls } = await logins(t, [3600, undefined, 3600]);
  const login = await latchkey.login('demo', 'secret', { stay: true });

  mock.timers.tick(3_700_000);
  assert.equal(login.ended, true);
  await login.renewIfNeeded();

  assert.equal(login.ended, false);
  assert.deepEqual(calls, ['/user/login', '/user/renew', '/user/login']);
});

test('what fails while the JWT is good is tried again after a pause', async (t) => {
  // The session ends with the renewed JWT, so the password is due.
  const { latchkey, calls } = await logins(t, [3600, 200, NaN, NaN, 3600]);
  const login = await latchkey.login('demo', 'secret', { stay: true });

  mock.timers.tick(3_400_000);
  await login.renewIfNeeded();
  mock.timers.tick(110_000);
  await login.renewIfNeeded();
  await login.renewIfNeeded();
  assert.deepEqual([login.ended, calls.length], [false, 4]);
  mock.timers.tick(11_000);
  await login.renewIfNeeded();

  assert.deepEqual(calls, ['/user/login', '/user/renew', '/user/login', '/user/login', '/user/login']);
  assert.equal(login.endsAt.getTime(), Date.now() + 3_600_000);
});

test('a login that is not to stay ends with its session', async (t) => {
  const { latchkey } = await logins(t, [3600, undefined]);
  const login = await latchkey.login('demo', 'secret');

  mock.timers.tick(3_700_000);

  await assert.rejects(login.renewIfNeeded(), { status: 401 });
});

test('a password that is refused is not tried again', async (t) => {
  const { latchkey, calls } = await logins(t, [3600, undefined, undefined, undefined]);
  const login = await latchkey.login('demo', 'secret', { stay: true });

  mock.timers.tick(3_700_000);
  await assert.rejects(login.renewIfNeeded(), { status: 401 });
  await assert.rejects(login.renewIfNeeded(), { status: 401 });

  assert.equal(calls.filter((path) => path === '/user/login').length, 2);
});
