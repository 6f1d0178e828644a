// Token exchange, through the unmodified `rebilly-js-sdk`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authentication, backend, customer, forbidden, invalid, key, notFound, passwordless, sdk, unauthorized } from './rebilly.mjs';
import { addKey, deleteKey, demo, inSeconds, oneTimePasswordIn, request, stack, tampered, unique, verifyJwt, withMail } from './stack.mjs';

const everything = [{ scope: {}, permissions: ['*'] }];
const readOne = (entity) => [{ scope: { organizationId: [entity] }, permissions: ['entity-token-get'] }];

function assertTokenObject({ fields, response }, { customerId }) {
  assert.equal(response.status, 201);
  assert.match(response.headers.location, /\S/);
  assert.match(response.headers['cache-control'], /no-store/);
  assert.match(fields.token, /^[A-Za-z0-9._~-]+$/, 'the SDK puts the token into a path without encoding it');
  assert.equal(typeof fields.username, 'string');
  assert.equal(fields.customerId, customerId);
  assert.match(fields.expiredTime, /Z$/);
  assert.ok(Date.parse(fields.expiredTime) > Date.now());
  assert.ok('credentialId' in fields);
  assert.equal(fields._links.length, 1);
  assert.equal(fields._links[0].rel, 'self');
  assert.match(fields._links[0].href, /\S/);
}

/** What holds of every session: the object, and its JWT, verified with the published keys. */
async function assertSession({ fields, response }, { customerId, acl, customClaims }) {
  assert.equal(response.status, 201);
  assert.ok(response.headers.location.includes(fields.id));
  assert.match(response.headers['cache-control'], /no-store/);
  assert.equal(fields.type, 'customer');
  assert.equal(fields.customerId, customerId);
  assert.deepEqual(fields.acl, acl);
  assert.deepEqual(fields.customClaims, customClaims);
  assert.equal(fields._links.length, 1);
  assert.equal(fields._links[0].rel, 'customer');
  assert.ok(fields._links[0].href.includes(customerId));
  for (const time of [fields.createdTime, fields.updatedTime, fields.expiredTime]) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  for (const writeOnly of ['invalidate', 'oneTimePassword']) assert.ok(!(writeOnly in fields), writeOnly);

  const { header, claims } = await verifyJwt(fields.token);
  assert.equal(header.alg, 'ES256');
  assert.match(header.kid, /\S/);
  assert.match(claims.iss, /^https?:/);
  assert.match([claims.aud].flat()[0], /\S/);
  assert.equal(claims.sub, customerId);
  assert.equal(claims.jti, fields.id);
  assert.equal(claims.exp, Math.floor(Date.parse(fields.expiredTime) / 1000));
  assert.equal(claims.iat, Math.floor(Date.parse(fields.createdTime) / 1000));
  assert.ok(Number.isInteger(claims.nbf) && claims.nbf <= claims.iat);
  assert.deepEqual(claims.acl, acl);
  assert.deepEqual(claims.customClaims, customClaims);
}

test('a customer logs in with a password and gets a one-time token', async () => {
  const { Id } = await demo();

  const answer = await customer.login({ data: { mode: 'password', username: stack.username, password: stack.password } });

  assertTokenObject(answer, { customerId: Id });
  assert.equal(answer.fields.username, stack.username);
  assert.equal(answer.fields.otpRequired, false);
});

test('a backend logs any customer in with its API key and no password', async () => {
  const customerId = unique('customer');

  const answer = await backend.login({ data: { mode: 'passwordless', customerId } });

  assertTokenObject(answer, { customerId });
  assert.equal(answer.fields.otpRequired, false);
});

test('a login without a password needs a credential', async () => {
  await unauthorized(customer.login({ data: { mode: 'passwordless', customerId: unique('customer') } }));
  await unauthorized(authentication(tampered(key)).login({ data: { mode: 'passwordless', customerId: unique('customer') } }));
});

test('a key that was restricted to other operations logs nobody in', async (t) => {
  const restricted = await addKey({ acl: [{ scope: {}, permissions: ['entity-token-get'] }] });
  t.after(() => deleteKey(restricted));

  await forbidden(authentication(restricted).login({ data: { mode: 'passwordless', customerId: unique('customer') } }));
});

test('a wrong password and an unknown user get the same 401, and the right password still works', async () => {
  const wrong = await unauthorized(customer.login({ data: { mode: 'password', username: stack.username, password: unique('wrong') } }));
  const unknown = await unauthorized(customer.login({ data: { mode: 'password', username: unique('nobody'), password: stack.password } }));
  const right = await customer.login({ data: { mode: 'password', username: stack.username, password: stack.password } });

  const { instance: one, ...wrongBody } = wrong.response.data;
  const { instance: other, ...unknownBody } = unknown.response.data;
  assert.deepEqual(wrongBody, unknownBody);
  assert.notEqual(one, other);
  assert.match(wrong.response.headers['www-authenticate'], /\S/);
  assert.equal(right.response.status, 201);
});

test('an exchange with a body gives a session with the asked rights, claims and expiry', async () => {
  const { token, customerId } = await passwordless();
  const acl = readOne(unique('entity'));
  const customClaims = { plan: 'gold', nested: { seats: [1, 2.5, null, true] }, text: 'ünï ✓' };
  const expiredTime = inSeconds(7200);

  const session = await backend.exchangeToken({ token, data: { acl, customClaims, expiredTime } });

  await assertSession(session, { customerId, acl, customClaims });
  assert.equal(Date.parse(session.fields.expiredTime), Date.parse(expiredTime));
});

test('an exchange without a body gives a session of one hour that grants nothing', async () => {
  const { token, customerId } = await passwordless();

  const session = await backend.exchangeToken({ token });

  await assertSession(session, { customerId, acl: [], customClaims: {} });
  assert.equal(Math.round((Date.parse(session.fields.expiredTime) - Date.parse(session.fields.createdTime)) / 1000), 3600);
});

test('a customer exchanges the token of a password login without any key', async () => {
  const { Id } = await demo();
  const { fields } = await customer.login({ data: { mode: 'password', username: stack.username, password: stack.password } });

  const session = await customer.exchangeToken({ token: fields.token });

  await assertSession(session, { customerId: Id, acl: [], customClaims: {} });
});

test('rights and claims that were given to a token reach the session of whoever exchanges it', async () => {
  const acl = readOne(unique('entity'));
  const customClaims = { plan: 'silver' };
  const { token, customerId } = await passwordless({ acl, customClaims });

  const session = await customer.exchangeToken({ token });

  await assertSession(session, { customerId, acl, customClaims });
});

test('claims that are named like registered ones override nothing', async () => {
  const { token, customerId } = await passwordless();
  const customClaims = { sub: 'someone-else', exp: 1, iss: 'https://elsewhere.example', acl: everything, jti: 'chosen' };

  const session = await backend.exchangeToken({ token, data: { customClaims } });

  await assertSession(session, { customerId, acl: [], customClaims });
});

test('read-only fields of an exchange are accepted and ignored', async () => {
  const { token, customerId } = await passwordless();
  const readOnly = {
    id: 'chosen', type: 'customer', token: 'chosen', customerId: 'someone-else', createdTime: '2001-01-01T00:00:00Z',
    updatedTime: '2001-01-01T00:00:00Z', _links: [{ href: 'https://elsewhere.example', rel: 'customer' }],
  };

  const session = await backend.exchangeToken({ token, data: readOnly });

  await assertSession(session, { customerId, acl: [], customClaims: {} });
  assert.notEqual(session.fields.id, 'chosen');
  assert.ok(Date.parse(session.fields.createdTime) > Date.parse('2001-01-02T00:00:00Z'));
});

test('a bare string in a scope or in the permissions counts as a list of one', async () => {
  const { token, customerId } = await passwordless();
  const entity = unique('entity');

  const session = await backend.exchangeToken({ token, data: { acl: [{ scope: { organizationId: entity }, permissions: 'entity-token-get' }] } });

  await assertSession(session, { customerId, acl: readOne(entity), customClaims: {} });
});

test('a login JWT beside the API key does no harm', async () => {
  const { Token } = await demo();
  const { token, customerId } = await passwordless();
  const both = sdk(key);
  both.setSessionToken(Token);

  const session = await both.customerAuthentication.exchangeToken({ token, data: { acl: everything } });

  await assertSession(session, { customerId, acl: everything, customClaims: {} });
});

test('a login JWT alone backs a login and an exchange as an API key does', async () => {
  const { Token } = await demo();
  const person = sdk(null);
  person.setSessionToken(Token);
  const customerId = unique('customer');

  const { fields } = await person.customerAuthentication.login({ data: { mode: 'passwordless', customerId } });
  const session = await person.customerAuthentication.exchangeToken({ token: fields.token, data: { acl: everything } });

  await assertSession(session, { customerId, acl: everything, customClaims: {} });
});

test('a token is exchanged once, and a used, a forged and an invented one get the same 404', async () => {
  const { token } = await passwordless();
  const unused = await passwordless();
  await customer.exchangeToken({ token });

  const used = await notFound(customer.exchangeToken({ token }));
  const forged = await notFound(customer.exchangeToken({ token: tampered(unused.token) }));
  const invented = await notFound(customer.exchangeToken({ token: 'invented' }));

  const [first, ...others] = [used, forged, invented].map(({ response: { data: { instance, ...body } } }) => body);
  for (const other of others) assert.deepEqual(other, first);
});

test('an exchange that does not invalidate leaves the token to be exchanged again', async () => {
  const { token } = await passwordless();

  await forbidden(customer.exchangeToken({ token, data: { invalidate: false } }));
  const first = await backend.exchangeToken({ token, data: { invalidate: false } });
  const second = await customer.exchangeToken({ token });

  assert.notEqual(first.fields.id, second.fields.id);
  await notFound(customer.exchangeToken({ token }));
});

test('of several exchanges of one token at once exactly one succeeds', async () => {
  const { token } = await passwordless();

  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => customer.exchangeToken({ token })));

  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const { reason } of outcomes.filter(({ status }) => status === 'rejected')) assert.equal(reason.name, 'RebillyNotFoundError');
});

test('a token made with a one-time password is exchanged only with the one that was mailed', async () => {
  const { Id, Email } = await demo();
  const { result: login, mail } = await withMail(() => backend.login({ data: { mode: 'passwordless', customerId: Id, otpRequired: true } }));
  const { token } = login.fields;
  const oneTimePassword = oneTimePasswordIn(mail);
  const wrong = String((Number(oneTimePassword) + 1) % 1_000_000).padStart(6, '0');

  const missing = await unauthorizedOtp(customer.exchangeToken({ token }));
  await unauthorizedOtp(customer.exchangeToken({ token, data: { oneTimePassword: wrong } }));
  const session = await customer.exchangeToken({ token, data: { oneTimePassword } });

  assertTokenObject(login, { customerId: Id });
  assert.equal(login.fields.otpRequired, true);
  assert.ok(mail.includes(Email));
  assert.ok(!mail.includes(token), 'the mail does not hold the token, or the mailbox alone would do');
  assert.match(missing.response.headers['www-authenticate'], /\S/);
  await assertSession(session, { customerId: Id, acl: [], customClaims: {} });
  await notFound(customer.exchangeToken({ token, data: { oneTimePassword } }));
});

test('a password login may ask for a one-time password too', async () => {
  const { Id } = await demo();
  const data = { mode: 'password', username: stack.username, password: stack.password, otpRequired: true };

  const { result: login, mail } = await withMail(() => customer.login({ data }));
  const session = await customer.exchangeToken({ token: login.fields.token, data: { oneTimePassword: oneTimePasswordIn(mail) } });

  assert.equal(login.fields.otpRequired, true);
  await assertSession(session, { customerId: Id, acl: [], customClaims: {} });
});

// Wrong one-time passwords count against the customer for an hour (OTP_ATTEMPTS_PER_CUSTOMER), and only the demo user has a mailbox.
async function unauthorizedOtp(call) {
  const error = await call.then(() => assert.fail('the token was exchanged'), (error) => error);
  assert.notEqual(error.status, 429, 'the demo user has no attempts left in this hour: start a fresh stack, or raise OTP_ATTEMPTS_PER_CUSTOMER');
  return unauthorized(Promise.reject(error));
}

test('nobody exchanges a token for more than it grants, and a refused exchange does not use it up', async () => {
  const entity = unique('entity');
  const { token, customerId } = await passwordless({ acl: readOne(entity) });

  await forbidden(customer.exchangeToken({ token, data: { acl: everything } }));
  await forbidden(customer.exchangeToken({ token, data: { acl: readOne(unique('other')) } }));
  await forbidden(customer.exchangeToken({ token, data: { customClaims: { plan: 'gold' } } }));
  const session = await customer.exchangeToken({ token, data: { acl: readOne(entity) } });

  await assertSession(session, { customerId, acl: readOne(entity), customClaims: {} });
});

test('a restricted key gives no more than it has, neither to a token nor to a session', async (t) => {
  const mine = unique('entity');
  const restricted = await addKey({ acl: [{ scope: {}, permissions: ['authentication-token-create'] }, ...readOne(mine)] });
  t.after(() => deleteKey(restricted));
  const limited = authentication(restricted);
  const customerId = unique('customer');

  await forbidden(limited.login({ data: { mode: 'passwordless', customerId, acl: everything } }));
  await forbidden(limited.login({ data: { mode: 'passwordless', customerId, acl: readOne(unique('other')) } }));
  const { fields } = await limited.login({ data: { mode: 'passwordless', customerId } });
  await forbidden(limited.exchangeToken({ token: fields.token, data: { acl: everything } }));
  const session = await limited.exchangeToken({ token: fields.token, data: { acl: readOne(mine) } });

  await assertSession(session, { customerId, acl: readOne(mine), customClaims: {} });
});

test('wrong fields of a login are named in an error that the SDK can read', async () => {
  await invalid(backend.login({ data: { mode: 'telepathy', customerId: unique('customer') } }), 'mode');
  await invalid(backend.login({ data: { mode: 'passwordless' } }), 'customerId');
  await invalid(backend.login({ data: { mode: 'passwordless', customerId: 7 } }), 'customerId');
  await invalid(backend.login({ data: { mode: 'passwordless', customerId: unique('customer'), expiredTime: 'tomorrow' } }), 'expiredTime');
  await invalid(backend.login({ data: { mode: 'passwordless', customerId: unique('customer'), expiredTime: inSeconds(-60) } }), 'expiredTime');
  await invalid(backend.login({ data: { mode: 'passwordless', customerId: unique('customer'), acl: [{ permissions: ['*'] }] } }), 'acl');
  await invalid(customer.login({ data: { mode: 'password', password: 'x' } }), 'username');
  await invalid(customer.login({ data: { mode: 'password', username: unique('nobody') } }), 'password');
});

test('wrong fields of an exchange are named, and do not use the token up', async () => {
  const { token } = await passwordless();

  await invalid(backend.exchangeToken({ token, data: { expiredTime: inSeconds(-60) } }), 'expiredTime');
  await invalid(backend.exchangeToken({ token, data: { expiredTime: '2199-01-01T00:00:00Z' } }), 'expiredTime');
  await invalid(backend.exchangeToken({ token, data: { expiredTime: 'tomorrow' } }), 'expiredTime');
  await invalid(backend.exchangeToken({ token, data: { acl: [{ permissions: ['*'] }] } }), 'acl');
  await invalid(backend.exchangeToken({ token, data: { acl: [{ scope: {} }] } }), 'acl');
  await invalid(backend.exchangeToken({ token, data: { customClaims: 'gold' } }), 'customClaims');
  await invalid(backend.exchangeToken({ token, data: { invalidate: 'perhaps' } }), 'invalidate');
  const session = await backend.exchangeToken({ token });

  assert.equal(session.response.status, 201);
});

test('a deleted API key backs nothing any more', async () => {
  const shortLived = await addKey();
  await authentication(shortLived).login({ data: { mode: 'passwordless', customerId: unique('customer') } });
  await deleteKey(shortLived);

  await unauthorized(authentication(shortLived).login({ data: { mode: 'passwordless', customerId: unique('customer') } }));
});

test('a session is no login: its JWT opens no route that needs one', async () => {
  const { token } = await passwordless();
  const { fields } = await backend.exchangeToken({ token, data: { acl: everything } });

  const { status } = await request('GET', '/authheader/list', { headers: { Authorization: `Bearer ${fields.token}` } });

  assert.equal(status, 401);
});
