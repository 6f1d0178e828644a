// The tour's request bodies as calls of a generated client. It is compiled, not run: a body that the contract's types do not allow,
// or an answer that lacks a field, is an error of the compiler.

import createClient from 'openapi-fetch';
import type { paths } from './contract.js';

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1:9000' });

export async function tour(username: string, password: string): Promise<string> {
  const login = await client.POST('/user/login', { body: { username, password } });
  if (login.error) throw new Error(`${login.error.type}: ${login.error.message}`);
  const { Id, Token } = login.data;
  const byLogin = { Authorization: `Bearer ${Token}` };

  const added = await client.POST('/authheader/add', { headers: byLogin, body: { name: 'production' } });
  if (added.error) throw new Error(added.error.detail);
  const key: string = added.data.token;

  const acting = { path: { entityId: 'acme', userId: Id }, header: { userid: Id, token: Token } };
  const entityToken = '/entities/{entityId}/users/{userId}/authentication-token';
  const headers = { apikey: key };
  await client.POST(entityToken, { headers, params: acting });
  await client.POST(`${entityToken}/refresh`, { headers, params: acting });
  await client.PATCH(entityToken, { headers, params: acting, body: { flags: ['beta'], expiry: '2099-01-01T00:00:00Z' } });
  const shown = await client.GET(entityToken, { headers, params: acting });
  const flags: string[] = shown.data?.flags ?? [];
  await client.DELETE(entityToken, { headers, params: acting });

  const once = await client.POST('/authentication-tokens', {
    headers,
    body: { mode: 'passwordless', customerId: 'carol', acl: [{ scope: { organizationId: ['acme'] }, permissions: ['read-invoices'] }] },
  });
  await client.POST('/authentication-tokens', { headers, body: { mode: 'passwordless', customerId: Id, otpRequired: true } });
  if (once.error) throw new Error(once.error.detail);

  const exchange = '/authentication-tokens/{token}/exchange';
  const path = { token: once.data.token };
  await client.POST(exchange, { params: { path } });
  const session = await client.POST(exchange, { params: { path }, body: { oneTimePassword: '123456' } });
  if (session.error) throw new Error(session.error.detail);

  const standing = await client.POST('/introspect', { headers, body: { token: session.data.token } });
  if (standing.data?.active) flags.push(standing.data.kind, standing.data.sub);
  await client.DELETE('/sessions/{id}', { headers, params: { path: { id: session.data.id } } });
  await client.POST('/authheader/delete', { headers: byLogin, body: { text: key } });
  return flags.join();
}
