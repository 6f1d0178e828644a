// Entity tokens, through the unmodified `@questlabs/core`. The client gives back an error's body as if it had succeeded, so what it
// returns is checked for `success` in every test; it always sends `apiKey`, `userId`, `token` and `entityId` as headers, and `?userId=`.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import questlabs from '@questlabs/core';
import { addKey, deleteKey, demo, inSeconds, request, stack, tampered, unique } from './stack.mjs';

const { default: QuestSdk, Core } = questlabs;
const requestOrigin = 'https://app.example';

let key;
let user;

before(async () => {
  key = await addKey();
  const { Id, Token } = await demo();
  user = { userId: Id, token: Token };
});

after(() => deleteKey(key));

/** The client for an entity that no other test uses. */
function fresh({ apiKey = key, acting = user, entityId = unique('e') } = {}) {
  const sdk = new QuestSdk({ apiKey, apiSecret: 'not used by these calls', entityId });
  sdk.baseUrl = stack.url;
  sdk.setUser(acting);
  return { sdk, entityId, tokens: new Core.EntityAuthenticationToken(sdk) };
}

function assertLive(answer) {
  assert.equal(answer.success, true, JSON.stringify(answer));
  assert.match(answer.authenticationToken, /^[A-Za-z0-9._~-]+$/);
}

function assertFailed(answer, status, error = /\S/) {
  assert.equal(answer.success, false, JSON.stringify(answer));
  assert.match(answer.error, error);
  assert.equal(answer.status, status);
  for (const text of [answer.type, answer.title, answer.detail, answer.instance]) assert.match(text, /\S/);
  assert.ok(!('authenticationToken' in answer));
}

const assertNotFound = (answer) => assertFailed(answer, 404, /^Token not found$/);

test('the first create makes a token, and asking again gives the same one', async () => {
  const { tokens } = fresh();

  const first = await tokens.createToken();
  const again = await tokens.createToken();

  assertLive(first);
  assertLive(again);
  assert.equal(again.authenticationToken, first.authenticationToken);
});

test('the first create answers 201 and a repeated one 200', async () => {
  const path = `/entities/${unique('e')}/users/${user.userId}/authentication-token`;
  const headers = { apikey: key, userid: user.userId, token: user.token };

  const first = await request('POST', path, { headers });
  const again = await request('POST', path, { headers });

  assert.equal(first.status, 201);
  assert.equal(again.status, 200);
  assert.equal(again.body.authenticationToken, first.body.authenticationToken);
});

test('several creates at once give one and the same token', async () => {
  const { tokens } = fresh();

  const answers = await Promise.all(Array.from({ length: 8 }, () => tokens.createToken()));

  for (const answer of answers) assertLive(answer);
  assert.equal(new Set(answers.map(({ authenticationToken }) => authenticationToken)).size, 1);
});

test('the tokens of two entities differ', async () => {
  const one = await fresh().tokens.createToken();
  const other = await fresh().tokens.createToken();

  assertLive(one);
  assertLive(other);
  assert.notEqual(one.authenticationToken, other.authenticationToken);
});

test('get gives the live token with its expiry, flags and creation time', async () => {
  const { tokens } = fresh();
  const created = await tokens.createToken();

  const got = await tokens.getToken({ requestOrigin });

  assertLive(got);
  assert.equal(got.authenticationToken, created.authenticationToken);
  assert.ok(Date.parse(got.expiry) > Date.now());
  assert.deepEqual(got.flags, []);
  assert.match(got.createdAt, /Z$/);
});

test('update replaces the expiry and the flags, and keeps the token', async () => {
  const { tokens } = fresh();
  const created = await tokens.createToken();
  const expiry = inSeconds(3600);

  const updated = await tokens.updateToken({ expiry, flags: ['beta', 'admin'] });
  const got = await tokens.getToken({ requestOrigin });
  const emptied = await tokens.updateToken({ expiry, flags: [] });
  const gotEmptied = await tokens.getToken({ requestOrigin });

  assert.equal(updated.success, true, JSON.stringify(updated));
  assert.equal(got.authenticationToken, created.authenticationToken);
  assert.equal(Date.parse(got.expiry), Date.parse(expiry));
  assert.deepEqual(got.flags, ['beta', 'admin']);
  assert.equal(emptied.success, true, JSON.stringify(emptied));
  assert.deepEqual(gotEmptied.flags, []);
});

test('an expiry in the past is refused and changes nothing', async () => {
  const { tokens } = fresh();
  await tokens.createToken();
  const before = await tokens.getToken({ requestOrigin });

  const refused = await tokens.updateToken({ expiry: inSeconds(-60), flags: ['late'] });

  assertFailed(refused, 400);
  assert.ok(refused.invalidFields.some(({ field }) => field === 'expiry'));
  const { instance: _, ...after } = await tokens.getToken({ requestOrigin });
  assert.deepEqual(after, before);
});

test('wrong fields of an update are 400 and named', async () => {
  const { tokens } = fresh();
  await tokens.createToken();

  const wrongExpiry = await tokens.updateToken({ expiry: 'tomorrow', flags: [] });
  const wrongFlags = await tokens.updateToken({ expiry: inSeconds(3600), flags: [7] });

  assertFailed(wrongExpiry, 400);
  assert.ok(wrongExpiry.invalidFields.some(({ field }) => field === 'expiry'));
  assertFailed(wrongFlags, 400);
  assert.ok(wrongFlags.invalidFields.some(({ field }) => field.startsWith('flags')));
});

test('refresh rotates the token, and a retry with the old one gives the same successor', async () => {
  const { tokens } = fresh();
  const { authenticationToken } = await tokens.createToken();

  const refreshed = await tokens.refreshToken({ authenticationToken });
  const retried = await tokens.refreshToken({ authenticationToken });
  const got = await tokens.getToken({ requestOrigin });

  assertLive(refreshed);
  assertLive(retried);
  assert.notEqual(refreshed.authenticationToken, authenticationToken);
  assert.equal(retried.authenticationToken, refreshed.authenticationToken);
  assert.equal(got.authenticationToken, refreshed.authenticationToken);
});

test('a successor is refreshed in its turn, by the client that saved it', async () => {
  const { sdk, tokens } = fresh();
  const first = await tokens.createToken();
  sdk.setEntityAuthenticationToken({ token: first.authenticationToken });
  const second = await tokens.refreshToken();
  sdk.setEntityAuthenticationToken({ token: second.authenticationToken });

  const third = await tokens.refreshToken();

  assertLive(third);
  assert.equal(new Set([first, second, third].map(({ authenticationToken }) => authenticationToken)).size, 3);
});

test('refresh renews the life and keeps the flags', async () => {
  const { tokens } = fresh();
  const { authenticationToken } = await tokens.createToken();
  const expiry = inSeconds(3600);
  await tokens.updateToken({ expiry, flags: ['beta'] });

  await tokens.refreshToken({ authenticationToken });

  const got = await tokens.getToken({ requestOrigin });
  // As long from the refresh on as from the update on, and the two may be of two seconds.
  const later = Date.parse(got.expiry) - Date.parse(expiry);
  assert.ok(later >= 0 && later <= 10_000, got.expiry);
  assert.deepEqual(got.flags, ['beta']);
});

test('refresh with no body, which the client cannot send, rotates the current token', async () => {
  const { entityId, tokens } = fresh();
  const { authenticationToken } = await tokens.createToken();

  const { status, body } = await request('POST', `/entities/${entityId}/users/${user.userId}/authentication-token/refresh`, {
    headers: { apikey: key, userid: user.userId, token: user.token },
  });

  assert.equal(status, 200);
  assertLive(body);
  assert.notEqual(body.authenticationToken, authenticationToken);
});

test('a forged token and one of another entity refresh nothing', async () => {
  const { tokens } = fresh();
  const { authenticationToken } = await tokens.createToken();
  const other = await fresh().tokens.createToken();

  const forged = await tokens.refreshToken({ authenticationToken: tampered(authenticationToken) });
  const foreign = await tokens.refreshToken({ authenticationToken: other.authenticationToken });
  const got = await tokens.getToken({ requestOrigin });

  assertNotFound(forged);
  assertNotFound(foreign);
  assert.equal(got.authenticationToken, authenticationToken);
});

test('a deleted token is gone for every operation, and a new one differs from it', async () => {
  const { tokens } = fresh();
  const { authenticationToken } = await tokens.createToken();

  const deleted = await tokens.deleteToken();

  assert.equal(deleted.success, true, JSON.stringify(deleted));
  assertNotFound(await tokens.getToken({ requestOrigin }));
  assertNotFound(await tokens.updateToken({ expiry: inSeconds(3600), flags: [] }));
  assertNotFound(await tokens.refreshToken({ authenticationToken }));
  assertNotFound(await tokens.deleteToken());
  const created = await tokens.createToken();
  assertLive(created);
  assert.notEqual(created.authenticationToken, authenticationToken);
  assertNotFound(await tokens.refreshToken({ authenticationToken }));
});

test('before the first create there is no token', async () => {
  const { tokens } = fresh();

  assertNotFound(await tokens.getToken({ requestOrigin }));
  assertNotFound(await tokens.updateToken({ expiry: inSeconds(3600), flags: [] }));
  assertNotFound(await tokens.deleteToken());
});

test('no operation works with a wrong API key', async () => {
  const { entityId, tokens: own } = fresh();
  const { authenticationToken } = await own.createToken();

  for (const apiKey of ['wrong', tampered(key), authenticationToken, user.token]) {
    const { tokens } = fresh({ apiKey, entityId });
    assertFailed(await tokens.createToken(), 401);
    assertFailed(await tokens.getToken({ requestOrigin }), 401);
    assertFailed(await tokens.updateToken({ expiry: inSeconds(3600), flags: [] }), 401);
    assertFailed(await tokens.refreshToken({ authenticationToken }), 401);
    assertFailed(await tokens.deleteToken(), 401);
  }

  const got = await own.getToken({ requestOrigin });
  assert.equal(got.authenticationToken, authenticationToken);
});

test('no operation works with a JWT that is forged or of another user', async () => {
  const actings = [
    { userId: user.userId, token: tampered(user.token) },
    { userId: user.userId, token: 'wrong' },
    { userId: unique('someone-else'), token: user.token },
  ];

  for (const acting of actings) {
    const { tokens } = fresh({ acting });
    assertFailed(await tokens.createToken(), 401);
    assertFailed(await tokens.getToken({ requestOrigin }), 401);
    assertFailed(await tokens.updateToken({ expiry: inSeconds(3600), flags: [] }), 401);
    assertFailed(await tokens.refreshToken({ authenticationToken: 'any' }), 401);
    assertFailed(await tokens.deleteToken(), 401);
  }
});

test('a key that was restricted to reading reads, and does nothing else', async (t) => {
  const { entityId, tokens: own } = fresh();
  const { authenticationToken } = await own.createToken();
  const readOnly = await addKey({ acl: [{ scope: { organizationId: [entityId] }, permissions: ['entity-token-get'] }] });
  t.after(() => deleteKey(readOnly));
  const { tokens } = fresh({ apiKey: readOnly, entityId });

  const got = await tokens.getToken({ requestOrigin });

  assert.equal(got.authenticationToken, authenticationToken);
  assertFailed(await tokens.createToken(), 403);
  assertFailed(await tokens.updateToken({ expiry: inSeconds(3600), flags: [] }), 403);
  assertFailed(await tokens.refreshToken({ authenticationToken }), 403);
  assertFailed(await tokens.deleteToken(), 403);
});
