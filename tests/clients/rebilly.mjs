// `rebilly-js-sdk` against the stack, and the errors that it throws. The SDK's names are its own: a 401 is its RebillyForbiddenError, a 403
// the general RebillyRequestError; it sends an API key with every call, and a customer without one is `RebillyAPI` with no key.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { RebillyAPI, RebillyErrors } from 'rebilly-js-sdk';
import { addKey, deleteKey, stack, unique } from './stack.mjs';

// The local stack may build a function when it is first called, which takes longer than the SDK's six seconds.
export function sdk(apiKey) {
  return RebillyAPI({ apiKey, sandbox: true, timeout: 100_000, urls: { live: stack.url, sandbox: stack.url } });
}

export function authentication(apiKey) {
  return sdk(apiKey).customerAuthentication;
}

/** A customer, who has no API key. */
export const customer = authentication(null);

/** A backend and its API key, which the tests of a file that imports this begin and end with. */
export let backend;
export let key;

before(async () => {
  key = await addKey();
  backend = authentication(key);
});

after(() => deleteKey(key));

/** A one-time token that the backend creates for a new customer. */
export async function passwordless(fields = {}) {
  const { fields: token } = await backend.login({ data: { mode: 'passwordless', customerId: unique('customer'), ...fields } });
  return token;
}

/** The SDK's error of a call that must fail, with what holds of all of them checked. */
export async function failure(call, { name, status }) {
  const error = await call.then(
    ({ fields }) => assert.fail(`expected ${status}, got success: ${JSON.stringify(fields)}`),
    (error) => error,
  );
  assert.ok(error instanceof RebillyErrors.RebillyError, error.stack);
  assert.equal(error.status, status, error.message);
  assert.equal(error.name, name);
  const { detail, title, type, instance, status: told } = error.response.data;
  assert.equal(error.message, detail, 'the text that the SDK shows is the detail');
  for (const text of [detail, title, type, instance]) assert.match(text, /\S/);
  assert.equal(told, status);
  return error;
}

export const unauthorized = (call) => failure(call, { name: 'RebillyForbiddenError', status: 401 });
export const forbidden = (call) => failure(call, { name: 'RebillyRequestError', status: 403 });
export const notFound = (call) => failure(call, { name: 'RebillyNotFoundError', status: 404 });

export async function invalid(call, field) {
  const error = await failure(call, { name: 'RebillyValidationError', status: 422 });
  const fields = error.invalidFields.map((invalidField) => invalidField.field);
  assert.ok(fields.some((name) => name === field || name.startsWith(`${field}.`)), `${field} is not among ${JSON.stringify(fields)}`);
  for (const { message } of error.invalidFields) assert.match(message, /\S/);
}
