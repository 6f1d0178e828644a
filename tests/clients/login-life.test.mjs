// What becomes of a login, by plain HTTP: it is renewed, ended, and given another password.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addKey, addUser, deleteKey, introspect, request, unique, verifyJwt } from './stack.mjs';

let key;

before(async () => {
  key = await addKey();
});

after(() => deleteKey(key));

const logIn = ({ username, password }) => request('POST', '/user/login', { json: { username, password } });
const renew = (jwt) => request('GET', '/user/renew', { headers: { Authorization: jwt } });
const listHeaders = (jwt) => request('GET', '/authheader/list', { headers: { Authorization: jwt } });

const changePassword = ({ username, password }, next, fields = {}) =>
  request('POST', '/user/password', { json: { username, old: password, new: next, confirm: next, ...fields } });

/** RFC 9457, and `message`, which the login family's scripts read. */
function assertProblem({ status, body }, expected) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(body.status, expected);
  assert.equal(body.message, body.detail);
  assert.match(body.message, /\S/);
}

async function assertOver(jwt) {
  assertProblem(await renew(jwt), 401);
  assertProblem(await listHeaders(jwt), 401);
  assert.deepEqual(await introspect(key, jwt), { active: false });
}

test('a renewed login is the login object with a new JWT of the same session, under two names', async () => {
  const person = await addUser();
  const { body: login } = await logIn(person);

  for (const scheme of ['', 'Bearer ']) {
    const { status, headers, body } = await renew(scheme + login.Token);

    assert.equal(status, 200, JSON.stringify(body));
    assert.match(headers.get('cache-control'), /\bno-store\b/);
    const { Token, access_token, expires_in, token_type, ...rest } = body;
    const { Token: _, ...before } = login;
    assert.deepEqual(rest, before);
    assert.equal(access_token, Token);
    assert.equal(expires_in, 3600);
    assert.equal(token_type, 'Bearer');
    const [{ claims: first }, { claims: second }] = [await verifyJwt(login.Token), await verifyJwt(Token)];
    assert.equal(second.jti, first.jti);
    assert.equal(second.sub, person.id);
    assert.equal((await listHeaders(Token)).status, 200);
  }
});

test('a logout by either method ends every JWT of its session, and no other session', async () => {
  const person = await addUser();

  for (const method of ['GET', 'POST']) {
    const { body: login } = await logIn(person);
    const { body: other } = await logIn(person);
    const { body: renewed } = await renew(login.Token);

    const answer = await request(method, '/user/logout', { headers: { Authorization: `Bearer ${renewed.Token}` } });

    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { message: 'User logged out' });
    await assertOver(login.Token);
    await assertOver(renewed.Token);
    assertProblem(await request(method, '/user/logout', { headers: { Authorization: login.Token } }), 401);
    assert.equal((await listHeaders(other.Token)).status, 200);
  }
});

test('another password ends every login that the old one began, and is the only one that works', async () => {
  const person = await addUser();
  const [{ body: one }, { body: other }] = [await logIn(person), await logIn(person)];
  const next = unique('another password');

  const changed = await changePassword(person, next);

  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.deepEqual(changed.body, { message: 'Success' });
  await assertOver(one.Token);
  await assertOver(other.Token);
  assertProblem(await logIn(person), 401);
  const again = await logIn({ ...person, password: next });
  assert.equal(again.status, 200);
  assert.equal(again.body.Id, person.id);
});

test('a change of password reads its keys in either case', async () => {
  const person = await addUser();
  const next = unique('another password');

  const json = { Username: person.username, Old: person.password, New: next, Confirm: next };
  const { status, body } = await request('POST', '/user/password', { json });

  assert.equal(status, 200, JSON.stringify(body));
  assert.equal((await logIn({ ...person, password: next })).status, 200);
});

test('an API key outlives another password of its owner', async () => {
  const person = await addUser();
  const { body: login } = await logIn(person);
  const { body: added } = await request('POST', '/authheader/add', { headers: { Authorization: login.Token }, json: { name: 'ci' } });

  await changePassword(person, unique('another password'));

  assert.equal((await introspect(key, added.token)).active, true);
});

test('an expired password opens nothing but the way to another one', async () => {
  const person = await addUser('--password-expires', '2001-01-31T12:00:00Z');
  const next = unique('another password');

  assertProblem(await logIn(person), 403);
  assertProblem(await logIn({ ...person, password: unique('wrong') }), 401);
  const changed = await changePassword(person, next);
  const login = await logIn({ ...person, password: next });

  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.equal(login.status, 200, JSON.stringify(login.body));
  assert.equal(login.body.PasswordExpiration, null);
  assert.equal((await listHeaders(login.body.Token)).status, 200);
});

test('a refused change names what is wrong and changes nothing', async () => {
  const person = await addUser();
  const next = unique('another password');
  const wrong = [
    [next, { confirm: unique('different') }, 'confirm'],
    [person.password, {}, 'new'],
    ['short', {}, 'new'],
    ['password1', {}, 'new'],
    [`${person.username}!`, {}, 'new'],
    [next, { confirm: undefined }, 'confirm'],
  ];

  for (const [password, fields, field] of wrong) {
    const answer = await changePassword(person, password, fields);

    assertProblem(answer, 422);
    assert.ok(answer.body.invalidFields.some((invalid) => invalid.field === field), JSON.stringify(answer.body));
    assert.ok(!JSON.stringify(answer.body).includes(person.password));
  }
  assert.equal((await logIn(person)).status, 200);
});

test('who does not know the old password, or nobody of that name, gets the same 401', async () => {
  const person = await addUser();
  const next = unique('another password');

  const wrong = await changePassword({ ...person, password: unique('wrong') }, next);
  const unknown = await changePassword({ username: unique('nobody'), password: person.password }, next);

  assertProblem(wrong, 401);
  const [{ instance: one, ...wrongBody }, { instance: other, ...unknownBody }] = [wrong.body, unknown.body];
  assert.deepEqual(wrongBody, unknownBody);
  assert.notEqual(one, other);
  assert.equal((await logIn(person)).status, 200);
});
