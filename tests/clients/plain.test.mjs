// Plain HTTP, as the login family's scripts and a PHP backend send it: no SDK, a JWT raw or as `Bearer`, `.json()` on every answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addKey, deleteKey, demo, inSeconds, request, stack, tampered, unique, verifyJwt } from './stack.mjs';

let key;
let user;

before(async () => {
  key = await addKey();
  user = await demo();
});

after(() => deleteKey(key));

const authorized = () => ({ Authorization: user.Token });

const addHeader = (name, headers = {}) => request('POST', '/authheader/add', { headers: { ...authorized(), ...headers }, json: { name } });
const listHeaders = (headers = authorized()) => request('GET', '/authheader/list', { headers });
const deleteHeader = (text) => request('POST', '/authheader/delete', { headers: authorized(), json: { text } });

const createToken = (fields, headers = { apikey: key }) =>
  request('POST', '/authentication-tokens', { headers, json: { mode: 'passwordless', customerId: unique('customer'), ...fields } });

const entityPath = (entity = unique('e')) => `/entities/${entity}/users/${user.Id}/authentication-token`;
const acting = () => ({ apikey: key, userid: user.Id, token: user.Token });

/** RFC 9457, and what this family's clients read beside it. */
function assertProblem({ status, headers, body }, expected, family) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.match(headers.get('content-type'), /^application\/json\b/);
  assert.equal(body.status, expected);
  assert.match(body.type, /^(urn:latchkey:problem:|https?:\/\/\S+#)[a-z-]+$/);
  for (const text of [body.title, body.detail, body.instance]) assert.match(text, /\S/);
  if (expected === 401) assert.match(headers.get('www-authenticate'), /\S/);
  if (family === 'login') assert.match(body.message, /\S/);
  if (family === 'entity') {
    assert.equal(body.success, false);
    assert.match(body.error, /\S/);
  }
}

test('a login gives the user and a JWT of one hour that the published keys verify', async () => {
  const { status, headers, body } = await request('POST', '/user/login', { json: { username: stack.username, password: stack.password } });

  assert.equal(status, 200);
  assert.match(headers.get('content-type'), /^application\/json\b/);
  assert.deepEqual(Object.keys(body).sort(), ['Created', 'Email', 'Firstname', 'Id', 'Lastname', 'PasswordExpiration', 'Token', 'Username']);
  assert.match(body.Id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(body.Username, stack.username);
  assert.match(body.Email, /@/);
  assert.ok(Date.parse(body.Created) <= Date.now());
  const { header, claims } = await verifyJwt(body.Token);
  assert.equal(header.alg, 'ES256');
  assert.equal(header.typ, 'at+jwt');
  assert.match(header.kid, /\S/);
  assert.equal(claims.token_use, 'login');
  assert.equal(claims.sub, body.Id);
  assert.equal(claims.exp - claims.iat, 3600);
});

test('a login reads its keys in either case', async () => {
  for (const json of [{ username: stack.username, password: stack.password }, { Username: stack.username, Password: stack.password }]) {
    const { status, body } = await request('POST', '/user/login', { json });

    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.Id, user.Id);
  }
});

test('a login ignores keys, headers and a query that it does not know', async () => {
  const { status } = await request('POST', '/user/login?userId=someone', {
    headers: { 'X-Unknown': 'anything', Authorization: 'anything' },
    json: { username: stack.username, password: stack.password, remember: true, device: { id: 1 } },
  });

  assert.equal(status, 200);
});

test('a wrong password and an unknown user get the same answer, and the right password still works', async () => {
  const wrong = await request('POST', '/user/login', { json: { username: stack.username, password: unique('wrong') } });
  const unknown = await request('POST', '/user/login', { json: { username: unique('nobody'), password: stack.password } });
  const right = await request('POST', '/user/login', { json: { username: stack.username, password: stack.password } });

  assertProblem(wrong, 401, 'login');
  assertProblem(unknown, 401, 'login');
  const [{ instance: one, ...wrongBody }, { instance: other, ...unknownBody }] = [wrong.body, unknown.body];
  assert.deepEqual(wrongBody, unknownBody);
  assert.notEqual(one, other);
  assert.equal(right.status, 200);
});

test('an unknown user is throttled as a known one is, and told when to come back', async () => {
  const username = unique('nobody');
  const guess = () => request('POST', '/user/login', { json: { username, password: 'guess' } });

  let answer = await guess();
  for (let guesses = 1; answer.status === 401 && guesses < 100; guesses += 1) answer = await guess();

  assertProblem(answer, 429, 'login');
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
});

test('a JWT is read raw and with the Bearer scheme in any case', async () => {
  for (const scheme of ['', 'Bearer ', 'bearer ', 'BEARER ']) {
    const { status, body } = await listHeaders({ Authorization: scheme + user.Token });

    assert.equal(status, 200, `${scheme}: ${JSON.stringify(body)}`);
    assert.ok(Array.isArray(body));
  }
});

test('an added auth header is shown in the list, with its token, until it is deleted by its token', async () => {
  const name = unique('client-test');

  const added = await addHeader(name);
  const listed = await listHeaders();
  const deleted = await deleteHeader(added.body.token);
  const listedAfter = await listHeaders();
  const deletedAgain = await deleteHeader(added.body.token);

  assert.equal(added.status, 200);
  assert.deepEqual(Object.keys(added.body).sort(), ['created', 'id', 'name', 'token']);
  assert.equal(added.body.name, name);
  assert.match(added.body.token, /^lkapi_[1-9A-HJ-NP-Za-km-z]+$/);
  assert.match(added.body.created, /Z$/);
  assert.equal(listed.status, 200);
  assert.deepEqual(listed.body.find(({ id }) => id === added.body.id), added.body);
  assert.equal(deleted.status, 200);
  assert.deepEqual(deleted.body, { message: 'Success' });
  assert.equal(listedAfter.body.find(({ id }) => id === added.body.id), undefined);
  assertProblem(deletedAgain, 404, 'login');
});

test('an auth header may be deleted by its id', async () => {
  const { body: added } = await addHeader(unique('client-test'));

  const deleted = await deleteHeader(added.id);
  const deletedAgain = await deleteHeader(added.id);

  assert.equal(deleted.status, 200);
  assert.deepEqual(deleted.body, { message: 'Success' });
  assertProblem(deletedAgain, 404, 'login');
});

test('two auth headers may have the same name', async (t) => {
  const name = unique('client-test');

  const one = await addHeader(name);
  const other = await addHeader(name);
  t.after(() => Promise.all([deleteKey(one.body.token), deleteKey(other.body.token)]));

  assert.notEqual(one.body.id, other.body.id);
  assert.notEqual(one.body.token, other.body.token);
});

test('a forged, an invented and a deleted auth header get the same 404', async () => {
  const { body: added } = await addHeader(unique('client-test'));
  await deleteHeader(added.token);

  const answers = await Promise.all([tampered(key), 'invented', added.token].map(deleteHeader));

  for (const answer of answers) assertProblem(answer, 404, 'login');
  const [first, ...others] = answers.map(({ body: { instance, ...rest } }) => rest);
  for (const other of others) assert.deepEqual(other, first);
  assert.equal((await createToken({})).status, 201, 'the key whose forgery was presented still works');
});

test('an API key is read from each of its four headers, in any case', async () => {
  const path = entityPath();
  await request('POST', path, { headers: acting() });

  for (const header of ['apikey', 'apiKey', 'X-Authorization', 'x-authorization', 'REB-APIKEY', 'X-Api-Key', 'X-API-KEY']) {
    const created = await createToken({}, { [header]: key });
    const got = await request('GET', path, { headers: { [header]: key, userid: user.Id, token: user.Token } });

    assert.equal(created.status, 201, `${header}: ${JSON.stringify(created.body)}`);
    assert.equal(got.status, 200, `${header}: ${JSON.stringify(got.body)}`);
  }
});

test('a wrong API key is 401 in each of its four headers', async () => {
  for (const header of ['apikey', 'X-Authorization', 'REB-APIKEY', 'X-Api-Key']) {
    assertProblem(await createToken({}, { [header]: tampered(key) }), 401);
    assertProblem(await request('GET', entityPath(), { headers: { [header]: tampered(key), userid: user.Id, token: user.Token } }), 401, 'entity');
  }
});

test('an API key neither makes nor lists nor deletes API keys', async () => {
  for (const header of ['apikey', 'X-Authorization', 'REB-APIKEY', 'X-Api-Key', 'Authorization']) {
    const headers = { [header]: key };

    assertProblem(await request('POST', '/authheader/add', { headers, json: { name: unique('client-test') } }), 401, 'login');
    assertProblem(await listHeaders(headers), 401, 'login');
    assertProblem(await request('POST', '/authheader/delete', { headers, json: { text: key } }), 401, 'login');
  }
});

test('a missing, mistyped, forged or unsigned JWT is 401', async () => {
  const [, claims] = user.Token.split('.');
  const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${claims}.`;

  for (const value of ['', 'Bearer', 'Bearer ', 'mistyped', 'Basic ZGVtbzpkZW1v', tampered(user.Token), `Bearer ${tampered(user.Token)}`, unsigned]) {
    assertProblem(await listHeaders({ Authorization: value }), 401, 'login');
  }
  assertProblem(await listHeaders({}), 401, 'login');
});

test('an entity operation names what is missing of its three credentials as 401', async () => {
  for (const missing of ['apikey', 'userid', 'token']) {
    const { [missing]: _, ...headers } = acting();

    assertProblem(await request('GET', entityPath(), { headers }), 401, 'entity');
  }
});

test('every kind of error is a problem in JSON', async () => {
  const notJson = { headers: { ...authorized(), 'Content-Type': 'application/json' }, bytes: '{"name":' };
  const tooLarge = { headers: authorized(), json: { name: 'x'.repeat(2 * 1024 * 1024) } };

  assertProblem(await request('POST', '/authheader/add', notJson), 400, 'login');
  assertProblem(await request('POST', '/authheader/add', { headers: authorized(), json: {} }), 422, 'login');
  assertProblem(await request('POST', '/authheader/add', { headers: authorized(), json: { name: 7 } }), 422, 'login');
  assertProblem(await request('POST', '/authheader/add', tooLarge), 413, 'login');
  assertProblem(await request('POST', '/user/login', { json: {} }), 422, 'login');
  assertProblem(await createToken({ mode: 'telepathy' }), 422);
  assertProblem(await request('POST', '/authentication-tokens/invented/exchange'), 404);
  assertProblem(await request('GET', entityPath(), { headers: acting() }), 404, 'entity');
  assertProblem(await request('PATCH', entityPath(), { headers: acting(), json: { expiry: 'tomorrow' } }), 400, 'entity');
});

test('wrong fields are named, with a text each', async () => {
  const { body } = await request('POST', '/user/login', { json: { username: stack.username } });

  assert.deepEqual(body.invalidFields.map(({ field }) => field), ['password']);
  assert.match(body.invalidFields[0].message, /\S/);
});

test('a login with no body, or with a list whose items would fit, is refused with a problem', async () => {
  for (const options of [{}, { json: [] }, { json: [stack.username, stack.password] }]) {
    const answer = await request('POST', '/user/login', options);

    assert.ok([400, 422].includes(answer.status), JSON.stringify(answer.body));
    assertProblem(answer, answer.status, 'login');
  }
});

test('an error is problem+json to a client that accepts it, and plain JSON to any other', async () => {
  const named = ['application/problem+json', 'application/json, application/problem+json;q=0.9'];
  const unnamed = ['application/json', '*/*', 'application/json, text/plain, */*'];

  for (const Accept of named) assert.match((await listHeaders({ Accept })).headers.get('content-type'), /^application\/problem\+json\b/);
  for (const Accept of unnamed) assert.match((await listHeaders({ Accept })).headers.get('content-type'), /^application\/json\b/);
});

test('a success is plain JSON whatever the client accepts', async () => {
  const { headers } = await listHeaders({ ...authorized(), Accept: 'application/problem+json' });

  assert.match(headers.get('content-type'), /^application\/json\b/);
});

test('no answer that holds a secret may be stored', async (t) => {
  const path = entityPath();

  const login = await request('POST', '/user/login', { json: { username: stack.username, password: stack.password } });
  const added = await addHeader(unique('client-test'));
  t.after(() => deleteKey(added.body.token));
  const listed = await listHeaders();
  const created = await createToken({});
  const exchanged = await request('POST', `/authentication-tokens/${created.body.token}/exchange`);
  const entity = [
    await request('POST', path, { headers: acting() }),
    await request('GET', path, { headers: acting() }),
    await request('POST', `${path}/refresh`, { headers: acting() }),
  ];

  for (const { status, headers } of [login, added, listed, created, exchanged, ...entity]) {
    assert.ok(status < 300, String(status));
    assert.match(headers.get('cache-control'), /\bno-store\b/);
  }
});

test('JSON without a Content-Type is read as JSON', async () => {
  const { status, body } = await request('POST', '/user/login', { bytes: JSON.stringify({ username: stack.username, password: stack.password }) });

  assert.equal(status, 200, JSON.stringify(body));
});

test('a PHP backend says [] for an empty object, null for absent, and +00:00 for Z', async () => {
  const customerId = unique('customer');
  const expiredTime = inSeconds(1800).replace(/\.000Z$/, '+00:00');
  const acl = [{ scope: [], permissions: ['entity-token-get'] }];
  const send = (path, body, headers = {}) => request('POST', path, { headers, bytes: JSON.stringify(body) });

  const created = await send(
    '/authentication-tokens',
    { mode: 'passwordless', customerId, otpRequired: null, expiredTime, acl: null, customClaims: [] },
    { 'REB-APIKEY': key },
  );
  const exchanged = await send(
    `/authentication-tokens/${created.body.token}/exchange`,
    { acl, customClaims: [], expiredTime, invalidate: null, oneTimePassword: null },
    { 'REB-APIKEY': key },
  );
  const again = await send(`/authentication-tokens/${created.body.token}/exchange`, []);

  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert.equal(created.body.customerId, customerId);
  assert.equal(created.body.otpRequired, false);
  assert.match(created.body.expiredTime, /Z$/);
  assert.equal(Date.parse(created.body.expiredTime), Date.parse(expiredTime));
  assert.equal(exchanged.status, 201, JSON.stringify(exchanged.body));
  assert.deepEqual(exchanged.body.acl, [{ scope: {}, permissions: ['entity-token-get'] }]);
  assert.deepEqual(exchanged.body.customClaims, {});
  assert.match(exchanged.body.expiredTime, /Z$/);
  assert.equal(Date.parse(exchanged.body.expiredTime), Date.parse(expiredTime));
  assertProblem(again, 404);
});

test('an exchange takes [] for an empty body', async () => {
  const { body } = await createToken({});

  const exchanged = await request('POST', `/authentication-tokens/${body.token}/exchange`, { bytes: '[]' });

  assert.equal(exchanged.status, 201, JSON.stringify(exchanged.body));
});

test('an update with explicit nulls changes only what it names', async () => {
  const path = entityPath();
  const expiry = inSeconds(3600);
  await request('POST', path, { headers: acting(), bytes: '[]' });
  await request('PATCH', path, { headers: acting(), json: { flags: ['beta'] } });

  const updated = await request('PATCH', path, { headers: acting(), bytes: JSON.stringify({ expiry: expiry.replace(/\.000Z$/, '+00:00'), flags: null }) });

  assert.equal(updated.status, 200, JSON.stringify(updated.body));
  const { body } = await request('GET', path, { headers: acting() });
  assert.equal(Date.parse(body.expiry), Date.parse(expiry));
  assert.deepEqual(body.flags, ['beta']);
});

test('a date may have an offset or fractions', async () => {
  const moment = inSeconds(1800);
  const shifted = new Date(Date.parse(moment) + 5.5 * 3600_000).toISOString().replace(/\.000Z$/, '+05:30');

  for (const expiredTime of [shifted, moment, moment.replace('.000Z', '.000000Z')]) {
    const { status, body } = await createToken({ expiredTime });

    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(Date.parse(body.expiredTime), Date.parse(moment));
  }
});

test('an e-mail scanner that follows a link of an exchange uses nothing up', async () => {
  const { body } = await createToken({});

  for (const method of ['GET', 'HEAD']) await fetch(`${stack.url}/authentication-tokens/${body.token}/exchange`, { method });
  const exchanged = await request('POST', `/authentication-tokens/${body.token}/exchange`);

  assert.equal(exchanged.status, 201);
});
