// What a route behind each middleware lets through, against a running stack and, where it cannot make the token, a stand-in of its keys.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serve as serveHono } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { Latchkey } from '../dist/index.js';
import * as forExpress from '../dist/express.js';
import * as forFastify from '../dist/fastify.js';
import * as forHono from '../dist/hono.js';
import { demo, standIn, tampered, unique } from './stack.mjs';

let place, login, key, latchkey, service;

before(async () => {
  ({ place, login, key, latchkey, service } = await demo());
});

after(() => login.keys.delete(key.id));

const permission = 'read-invoices';

/** What the routes ask; `in` reads the path's organization. */
const rules = (param) => ({
  keys: { permission, in: param },
  asked: { permission, in: param, kinds: ['session', 'api-key'], introspect: true },
  entity: { in: param, kinds: ['entity-token'], introspect: true },
  anyone: {},
});

/** Each starts the routes `/<rule>/:organization`, which answer with the subject; its port, and how to stop it. */
const frameworks = {
  async express(latchkey) {
    const app = express();
    for (const [name, rule] of Object.entries(rules((request) => request.params.organization))) {
      app.get(`/${name}/:organization`, forExpress.requires(latchkey, rule), (request, response) => response.send(request.caller.subject));
    }
    app.use((error, request, response, next) => response.status(error.status).end());
    const server = await new Promise((listening) => {
      const made = app.listen(0, '127.0.0.1', () => listening(made));
    });
    return { port: server.address().port, stop: () => server.close() };
  },
  async hono(latchkey) {
    const app = new Hono();
    for (const [name, rule] of Object.entries(rules((context) => context.req.param('organization')))) {
      app.get(`/${name}/:organization`, forHono.requires(latchkey, rule), (context) => context.text(context.get('caller').subject));
    }
    const server = await new Promise((listening) => {
      const made = serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => listening(made));
    });
    return { port: server.address().port, stop: () => server.close() };
  },
  async fastify(latchkey) {
    const app = Fastify();
    for (const [name, rule] of Object.entries(rules((request) => request.params.organization))) {
      app.get(`/${name}/:organization`, { preHandler: forFastify.requires(latchkey, rule) }, async (request) => request.caller.subject);
    }
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: app.server.address().port, stop: () => app.close() };
  },
};

async function session(allow = [permission]) {
  const once = await latchkey.oneTime.create('carol', { allow, in: ['acme'] });
  return latchkey.exchange(once.token);
}

for (const [name, start] of Object.entries(frameworks)) {
  /** Asks the routes: an answer's status, challenge and text. */
  const routes = async (t, client) => {
    const { port, stop } = await start(client);
    t.after(stop);
    return async (route, token, organization = 'acme') => {
      const headers = { connection: 'close', ...(token !== undefined && { authorization: token }) };
      const response = await fetch(`http://127.0.0.1:${port}/${route}/${organization}`, { headers });
      return { status: response.status, challenge: response.headers.get('www-authenticate'), text: await response.text() };
    };
  };

  test(`${name}: a good credential passes, with and without Bearer, and its caller is on the request`, async (t) => {
    const ask = await routes(t, latchkey);
    const { token } = await session();

    for (const [route, credential, subject] of [
      ['keys', `Bearer ${token}`, 'carol'],
      ['keys', token, 'carol'],
      ['asked', `bearer ${token}`, 'carol'],
      ['asked', `Bearer ${key.token}`, login.user.id],
      ['anyone', `Bearer ${token}`, 'carol'],
    ]) {
      const { status, text } = await ask(route, credential);

      assert.deepEqual([status, text], [200, subject], `${route} ${credential}`);
    }
  });

  test(`${name}: no token, a forged one, a login, and a kind that the route does not take are 401`, async (t) => {
    const ask = await routes(t, latchkey);
    const { token } = await session();
    const once = await latchkey.oneTime.create('carol');

    for (const route of ['keys', 'asked', 'anyone']) {
      for (const none of [undefined, '', 'Bearer ', 'Basic Y2Fyb2w6eA==']) {
        assert.equal((await ask(route, none)).status, 401, `${route} ${none}`);
      }
      for (const refused of [tampered(token), login.token, once.token, 'eyJ', '\u00ff\u00e9', '\u00e9'.repeat(11_000), `${token}.`]) {
        const { status, challenge } = await ask(route, `Bearer ${refused}`);

        assert.deepEqual([status, challenge], [401, 'Bearer error="invalid_token"'], `${route} ${refused}`);
      }
    }
    assert.equal((await ask('keys')).challenge, 'Bearer');
    assert.equal((await ask('keys', key.token)).status, 401);
    assert.equal((await ask('asked', tampered(key.token))).status, 401);
  });

  test(`${name}: another organization and another permission are 403`, async (t) => {
    const ask = await routes(t, latchkey);
    const [reader, writer] = [await session(), await session(['write-invoices'])];

    for (const route of ['keys', 'asked']) {
      assert.equal((await ask(route, reader.token, 'globex')).status, 403);
      assert.equal((await ask(route, writer.token)).status, 403);
    }
  });

  test(`${name}: a revoked session is refused at once with introspection, and passes without until it expires`, async (t) => {
    const ask = await routes(t, latchkey);
    const { id, token } = await session();

    await latchkey.endSession(id);

    assert.equal((await ask('asked', token)).status, 401);
    assert.equal((await ask('keys', token)).status, 200);
  });

  test(`${name}: an entity token passes for its own entity alone`, async (t) => {
    const ask = await routes(t, latchkey);
    const entity = unique('acme');
    const { authenticationToken } = await service.entity(entity, 'u1').create();

    assert.equal((await ask('entity', authenticationToken, entity)).text, 'u1');
    assert.equal((await ask('entity', authenticationToken, 'globex')).status, 403);
    assert.equal((await ask('entity', (await session()).token, entity)).status, 401);
    assert.equal((await ask('asked', authenticationToken, entity)).status, 401);
  });

  test(`${name}: an expired session, one for another audience and an unknown key are 401, and a rotated key passes`, async (t) => {
    const issuer = await standIn(t);
    await issuer.addKey('next');
    const ask = await routes(t, new Latchkey({ url: issuer.url, apiKey: 'lkapi_x' }));
    const now = Math.floor(Date.now() / 1000);

    assert.equal((await ask('keys', await issuer.session())).status, 200);
    assert.equal((await ask('keys', await issuer.session({ kid: 'next' }))).status, 200);
    assert.equal((await ask('keys', await issuer.session({ exp: now - 1 }))).status, 401);
    assert.equal((await ask('keys', await issuer.session({ aud: 'https://elsewhere.example' }))).status, 401);
    assert.equal((await ask('keys', await issuer.session({ header: { kid: 'other' } }))).status, 401);
  });

  test(`${name}: a session for another audience is refused with introspection too`, async (t) => {
    const ask = await routes(t, new Latchkey({ ...place, audience: 'https://elsewhere.example', apiKey: key.token }));

    assert.equal((await ask('asked', (await session()).token)).status, 401);
    assert.equal((await ask('asked', key.token)).status, 200);
  });

  test(`${name}: 503 where Latchkey does not answer, or refuses this service's own key`, async (t) => {
    const { token } = await session();
    const silent = await routes(t, new Latchkey({ url: 'http://127.0.0.1:1', apiKey: key.token, retries: 0 }));
    const keyless = await routes(t, new Latchkey({ ...place, apiKey: tampered(key.token) }));

    assert.equal((await silent('keys', token)).status, 503);
    assert.equal((await silent('asked', token)).status, 503);
    assert.equal((await keyless('asked', token)).status, 503);
  });
}

test('a rule that would let through more than it says is refused', () => {
  for (const rule of [
    { kinds: ['api-key'], permission },
    { kinds: [] },
    { in: () => 'acme' },
    { kinds: ['entity-token'], introspect: true },
    { kinds: ['entity-token'], introspect: true, permission, in: () => 'acme' },
    { kinds: ['session', 'entity-token'], introspect: true, in: () => 'acme' },
    { kinds: ['session', 'entity-token'], introspect: true },
    { permission: '' },
    { kinds: ['login'], introspect: true },
    { kinds: ['one-time-token'], introspect: true },
  ]) {
    assert.throws(() => forExpress.requires(latchkey, rule), TypeError, JSON.stringify(rule));
  }
  assert.throws(() => forExpress.requires(new Latchkey(place), { introspect: true }), /an API key/);
});
