// What becomes of a one-time token and of its session, through the unmodified `rebilly-js-sdk`; it has no call for a session, so that
// is plain HTTP.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authentication, backend, customer, key, notFound, passwordless, sdk, unauthorized } from './rebilly.mjs';
import { demo, introspect, request, tampered, unique, verifyJwt } from './stack.mjs';

const session = (method, { id }, headers) => request(method, `/sessions/${id}`, { headers });

/** Whether all of these errors have the same body, but for the request's id. */
function assertSame(errors) {
  const [first, ...others] = errors.map(({ response: { data: { instance, ...body } } }) => body);
  for (const other of others) assert.deepEqual(other, first);
}

test('verify shows a token as login made it, to whoever holds it, and uses nothing up', async () => {
  const made = await passwordless();

  for (const who of [backend, customer]) {
    const { fields, response } = await who.verify({ token: made.token });

    assert.equal(response.status, 200);
    assert.match(response.headers['cache-control'], /no-store/);
    assert.deepEqual(fields, made);
  }
  assert.equal((await customer.exchangeToken({ token: made.token })).response.status, 201);
});

test('a hundred looks at a token leave it to be exchanged once', async () => {
  const { token } = await passwordless();

  for (let look = 0; look < 100; look += 1) await customer.verify({ token });

  assert.equal((await customer.exchangeToken({ token })).response.status, 201);
  await notFound(customer.exchangeToken({ token }));
});

test('verify gives a used, an ended, a forged and an invented token the same 404', async () => {
  const [used, ended, whole] = [await passwordless(), await passwordless(), await passwordless()];
  await customer.exchangeToken({ token: used.token });
  await customer.logout({ token: ended.token });

  const tokens = [used.token, ended.token, tampered(whole.token), 'invented'];
  assertSame(await Promise.all(tokens.map((token) => notFound(customer.verify({ token })))));

  assert.equal((await customer.verify({ token: whole.token })).response.status, 200);
});

test('logout ends a token for good, for whoever holds it', async () => {
  for (const who of [backend, customer]) {
    const { token } = await passwordless();

    const { response } = await who.logout({ token });

    assert.equal(response.status, 204);
    assertSame([await notFound(who.logout({ token })), await notFound(who.verify({ token })), await notFound(customer.exchangeToken({ token }))]);
    assert.deepEqual(await introspect(key, token), { active: false });
  }
});

test('logout of a token that has become a session leaves the session', async () => {
  const { token } = await passwordless();
  const { fields } = await customer.exchangeToken({ token });

  await notFound(customer.logout({ token }));

  assert.equal((await introspect(key, fields.token)).active, true);
});

test('the vendor\'s flow: a customer goes on with the session beside the key', async () => {
  const { token, customerId } = await passwordless();
  const page = sdk(key);
  const { fields } = await page.customerAuthentication.exchangeToken({ token });
  page.setSessionToken(fields.token);

  const next = await page.customerAuthentication.login({ data: { mode: 'passwordless', customerId } });
  const again = await page.customerAuthentication.exchangeToken({ token: next.fields.token });

  assert.equal(again.response.status, 201);
  assert.notEqual(again.fields.id, fields.id);
  assert.equal(again.fields.customerId, customerId);
});

test('a session is no credential for making tokens', async () => {
  const { token } = await passwordless();
  const { fields } = await customer.exchangeToken({ token });
  const page = sdk(null);
  page.setSessionToken(fields.token);

  await unauthorized(page.customerAuthentication.login({ data: { mode: 'passwordless', customerId: unique('customer') } }));
});

test('a session is shown to its holder and to its maker, without its JWT', async () => {
  const { token } = await passwordless({ customClaims: { plan: 'gold' } });
  const { fields } = await customer.exchangeToken({ token });
  const { token: jwt, ...shown } = fields;
  const { Token: login } = await demo();

  for (const headers of [{ Authorization: `Bearer ${jwt}` }, { 'REB-APIKEY': key }, { Authorization: login }]) {
    const { status, body } = await session('GET', fields, headers);

    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body, shown);
  }
  assert.equal((await session('GET', { id: crypto.randomUUID() }, { 'REB-APIKEY': key })).status, 404);
  assert.equal((await session('GET', fields, {})).status, 401);
});

test('a session that its holder or its maker ends is over at the next call', async () => {
  const { Token: login } = await demo();
  const own = ({ token }) => ({ Authorization: token });

  for (const by of [own, () => ({ 'REB-APIKEY': key }), () => ({ Authorization: `Bearer ${login}` })]) {
    const { token } = await passwordless();
    const { fields } = await customer.exchangeToken({ token });
    assert.equal((await introspect(key, fields.token)).active, true);

    const ended = await session('DELETE', fields, by(fields));

    assert.equal(ended.status, 204);
    assert.deepEqual(await introspect(key, fields.token), { active: false });
    assert.equal((await session('GET', fields, own(fields))).status, 401);
    assert.equal((await session('GET', fields, { 'REB-APIKEY': key })).status, 404);
    assert.equal((await session('DELETE', fields, { 'REB-APIKEY': key })).status, 404);
  }
});

test('who verifies a JWT alone goes on taking an ended session', async () => {
  const { token } = await passwordless();
  const { fields } = await customer.exchangeToken({ token });

  await session('DELETE', fields, { 'REB-APIKEY': key });

  const { claims } = await verifyJwt(fields.token);
  assert.equal(claims.jti, fields.id);
  assert.ok(claims.exp > Date.now() / 1000, 'until its exp, which no revocation moves');
  assert.deepEqual(await introspect(key, fields.token), { active: false });
});

test('a repeated exchange with its Idempotency-Key gets the same session, and with another body is refused', async () => {
  const { token } = await passwordless();
  const exchange = (json, idempotencyKey) =>
    request('POST', `/authentication-tokens/${token}/exchange`, { headers: { 'REB-APIKEY': key, 'Idempotency-Key': idempotencyKey }, json });
  const idempotencyKey = crypto.randomUUID();

  const first = await exchange({ customClaims: { plan: 'gold' } }, idempotencyKey);
  const second = await exchange({ customClaims: { plan: 'gold' } }, idempotencyKey);
  const other = await exchange({ customClaims: { plan: 'silver' } }, idempotencyKey);
  const anew = await exchange({ customClaims: { plan: 'gold' } }, crypto.randomUUID());

  assert.deepEqual([first.status, second.status, other.status, anew.status], [201, 201, 422, 404]);
  const [{ token: one, ...rest }, { token: two, ...same }] = [first.body, second.body];
  assert.deepEqual(same, rest);
  for (const jwt of [one, two]) assert.equal((await introspect(key, jwt)).jti, first.body.id);
});

test('a repeated login with its Idempotency-Key gets the same token', async () => {
  const idempotencyKey = crypto.randomUUID();
  const customerId = unique('customer');
  const login = (fields) =>
    request('POST', '/authentication-tokens', {
      headers: { 'REB-APIKEY': key, 'Idempotency-Key': idempotencyKey },
      json: { mode: 'passwordless', customerId, ...fields },
    });

  const [first, second, other] = [await login(), await login(), await login({ customClaims: { plan: 'gold' } })];

  assert.deepEqual([first.status, second.status, other.status], [201, 201, 422]);
  assert.deepEqual(second.body, first.body);
});
