// The whole tour against a running stack.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { Latchkey, Problem } from '../dist/index.js';
import { demo, unique } from './stack.mjs';

let place, stack, login, key, latchkey, service;

before(async () => {
  ({ place, stack, login, key, latchkey, service } = await demo());
});

after(() => login.keys.delete(key.id));

const problem = (status, code) => (error) => error instanceof Problem && error.status === status && error.code === code;

test('a login knows its user and its end, is renewed, and ends', async () => {
  const mine = await new Latchkey(place).login(stack.username, stack.password);

  await mine.renewIfNeeded();

  assert.equal(mine.user.username, stack.username);
  assert.ok(mine.endsAt > new Date(Date.now() + 3_000_000));
  await mine.logout();
  assert.equal(mine.ended, true);
  await assert.rejects(mine.keys.list(), problem(401, 'invalid-credentials'));
});

test('a wrong password is a typed problem', async () => {
  await assert.rejects(new Latchkey(place).login(unique('nobody'), 'wrong'), problem(401, 'incorrect-credentials'));
});

test('an API key is restricted as asked, listed, and revoked', async () => {
  const idempotencyKey = randomUUID();
  const restriction = { allow: ['introspect', 'read-invoices'], in: ['acme', 'globex'], idempotencyKey };

  const made = await login.keys.create('invoices', restriction);
  const again = await login.keys.create('invoices', restriction);
  const listed = (await login.keys.list()).find(({ id }) => id === made.id);
  const caller = await latchkey.introspect(made.token);

  assert.deepEqual(made.acl, [{ scope: { organizationId: ['acme', 'globex'] }, permissions: ['introspect', 'read-invoices'] }]);
  assert.equal(again.token, made.token);
  assert.deepEqual(listed, made);
  assert.equal(caller.kind, 'api-key');
  assert.equal(caller.subject, login.user.id);
  assert.equal(caller.keyId, made.keyId);
  assert.ok(caller.can('read-invoices', 'globex'));
  assert.ok(!caller.can('read-invoices', 'initech') && !caller.can('write-invoices', 'acme') && !caller.can('read-invoices'));
  await login.keys.delete(made.id);
  assert.equal(await latchkey.introspect(made.token), undefined);
});

test('an entity token is issued, shown, changed, refreshed by what is presented, and revoked', async () => {
  // A login of the client without the key: the key comes from the Latchkey that logged in.
  const token = service.entity(unique('acme'), unique('user'));

  const made = await token.create({ flags: ['beta'] });
  const updated = await token.update({ flags: ['gold'] });
  const refreshed = await token.refresh(made.authenticationToken);
  const shown = await token.get();

  assert.deepEqual(updated.flags, ['gold']);
  assert.notEqual(refreshed.authenticationToken, made.authenticationToken);
  assert.equal(shown.authenticationToken, refreshed.authenticationToken);
  await assert.rejects(token.refresh(undefined), TypeError);
  await token.delete();
  await assert.rejects(token.get(), problem(404, 'token-not-found'));
});

test('a one-time token is exchanged once, and the session is verified until it ends', async () => {
  const claims = { documents: ['invoice-7'] };
  const once = await latchkey.oneTime.create('carol', { allow: ['read-invoices'], in: ['acme'], claims });
  const idempotencyKey = randomUUID();

  const session = await latchkey.exchange(once.token, { idempotencyKey });
  const repeated = await latchkey.exchange(once.token, { idempotencyKey });
  const caller = await latchkey.verifySession(session.token);
  const asked = await latchkey.introspect(session.token);

  assert.equal(repeated.id, session.id);
  assert.deepEqual([caller.kind, caller.subject, caller.sessionId], ['session', 'carol', session.id]);
  assert.deepEqual(caller.claims, claims);
  assert.ok(caller.can('read-invoices', 'acme'));
  assert.deepEqual([asked.kind, asked.subject, asked.acl], ['session', 'carol', caller.acl]);
  await assert.rejects(latchkey.exchange(once.token), problem(404, 'token-not-found'));
  await latchkey.endSession(session.id);
  assert.equal(await latchkey.introspect(session.token), undefined);
});

test('a login is no session, and neither is anything else', async () => {
  for (const token of [login.token, key.token, 'eyJ']) {
    await assert.rejects(latchkey.verifySession(token), { name: 'InvalidSession' });
  }
});

test('an API key that is needed and missing is told before any request', async () => {
  await assert.rejects(new Latchkey(place).introspect('token'), TypeError);
  await assert.rejects(new Latchkey(place).oneTime.create('carol'), TypeError);
});

test('every operation of the contract is there, typed', async () => {
  const { data } = await latchkey.api.GET('/.well-known/openid-configuration');

  assert.equal(data.issuer, latchkey.audience);
});
