// A small product on Latchkey: a backend with a user of its own, keys for its customers, magic links, and a protected route.
// With the HTTP API alone it took 180 lines; a test counts these.

import express from 'express';
import { Latchkey } from '@latchkey/client';
import { requires } from '@latchkey/client/express';

export async function product({ url, issuer, apiKey, username, password }) {
  // glue
  const latchkey = new Latchkey({ url, issuer, apiKey });
  const service = await latchkey.login(username, password, { stay: true });
  const organization = (request) => request.params.organization;
  const reader = requires(latchkey, { permission: 'read-invoices', in: organization, kinds: ['session', 'api-key'], introspect: true });
  const member = requires(latchkey, { in: organization, kinds: ['entity-token'], introspect: true });
  const keyFor = (name, org) => service.keys.create(name, { allow: ['read-invoices'], in: [org] });
  const linkFor = (customer, org) => latchkey.oneTime.create(customer, { allow: ['read-invoices'], in: [org] });
  const tokenFor = (org, user) => service.entity(org, user).create();
  const refreshed = (org, user, presented) => service.entity(org, user).refresh(presented);
  const signIn = (token, idempotencyKey) => latchkey.exchange(token, { idempotencyKey });
  // the product
  const app = express().use(express.json());
  app.get('/:organization/invoices', reader, (request, response) => response.json({ for: request.caller.subject }));
  app.get('/:organization/plan', member, (request, response) => response.json({ for: request.caller.subject }));
  app.post('/signed-in', async (request, response) => response.json(await signIn(request.body.token, request.body.attempt)));
  app.post('/:organization/refresh', async (request, response) =>
    response.json(await refreshed(request.params.organization, 'u1', request.body.presented)),
  );
  return { app, keyFor, linkFor, tokenFor };
}
