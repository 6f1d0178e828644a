// The product of product.mjs does what it is for, with less than 30 lines of glue.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { demo, unique } from './stack.mjs';
import { product } from './product.mjs';

test('a product needs fewer than 30 lines of glue', async (t) => {
  const { stack, login, key } = await demo();
  t.after(() => login.keys.delete(key.id));
  const { app, keyFor, linkFor, tokenFor } = await product({ ...stack, apiKey: key.token });
  const server = await new Promise((listening) => {
    const made = app.listen(0, '127.0.0.1', () => listening(made));
  });
  t.after(() => server.close());
  const call = async (path, token, body) => {
    const headers = { connection: 'close', 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const method = body ? 'POST' : 'GET';
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method, headers, body: body && JSON.stringify(body) });
    return response.json();
  };
  const org = unique('acme');

  const customersKey = await keyFor('carol', org);
  const link = await linkFor('carol', org);
  const session = await call('/signed-in', undefined, { token: link.token, attempt: randomUUID() });
  const entityToken = await tokenFor(org, 'u1');
  const successor = await call(`/${org}/refresh`, undefined, { presented: entityToken.authenticationToken });

  assert.deepEqual(await call(`/${org}/invoices`, customersKey.token), { for: login.user.id });
  assert.deepEqual(await call(`/${org}/invoices`, session.token), { for: 'carol' });
  assert.deepEqual(await call(`/${org}/plan`, successor.authenticationToken), { for: 'u1' });
  const [, glue] = /\/\/ glue\n([^]*)\n *\/\/ the product/.exec(readFileSync(new URL('product.mjs', import.meta.url), 'utf8'));
  const imports = 2;
  assert.ok(glue.split('\n').length + imports < 30);
  await login.keys.delete(customersKey.id);
});
