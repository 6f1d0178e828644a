// The running local stack, and what every client needs of it: an identity, an API key, the mail, the keys.
// LATCHKEY_STACK names the stack's file (a relative path is taken from this folder); without it, .local/stack.json of this repository.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLocalJWKSet, jwtVerify } from 'jose';

const here = dirname(fileURLToPath(import.meta.url));
const stackFile = resolve(here, process.env.LATCHKEY_STACK ?? '../../.local/stack.json');

export const stack = readStack();

// axios would send even loopback requests to a proxy that the environment names.
process.env.no_proxy = new URL(stack.url).hostname;

function readStack() {
  try {
    return JSON.parse(readFileSync(stackFile, 'utf8'));
  } catch (cause) {
    throw new Error(`No running stack: ${stackFile} cannot be read. Start one with \`make run\`, or name its file in LATCHKEY_STACK.`, { cause });
  }
}

/** A name or id that no other test and no earlier run has used. */
export const unique = (prefix) => `${prefix}-${randomBytes(8).toString('hex')}`;

/** A moment from now, in whole seconds, as RFC 3339 with `Z`. */
export const inSeconds = (seconds) => new Date(Math.floor(Date.now() / 1000 + seconds) * 1000).toISOString();

/** The same text with one character changed. */
export function tampered(text) {
  const at = text.length - 10;
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/**
 * One plain HTTP request. Every answer but a 204 is read as JSON, errors too, as the login scripts do. `json` is sent as `application/json`,
 * `bytes` with no Content-Type at all.
 */
export async function request(method, path, { headers = {}, json, bytes } = {}) {
  const response = await fetch(stack.url + path, {
    method,
    headers: json === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    body: json === undefined ? bytes && Buffer.from(bytes) : JSON.stringify(json),
  });
  const body = response.status === 204 ? undefined : await response.json();
  return { status: response.status, headers: response.headers, body };
}

let loggedIn;

/** The demo user's login object, asked for once in a process. */
export function demo() {
  loggedIn ??= request('POST', '/user/login', { json: { username: stack.username, password: stack.password } }).then(({ status, body }) => {
    assert.equal(status, 200, `the demo user cannot log in: ${JSON.stringify(body)}`);
    return body;
  });
  return loggedIn;
}

/** Adds an API key of the demo user, restricted to `acl` where one is given. */
export async function addKey({ acl } = {}) {
  const { Token } = await demo();
  const { status, body } = await request('POST', '/authheader/add', { headers: { Authorization: Token }, json: { name: unique('client-test'), acl } });
  assert.equal(status, 200, `an API key cannot be added: ${JSON.stringify(body)}`);
  return body.token;
}

export async function deleteKey(token) {
  const { Token } = await demo();
  await request('POST', '/authheader/delete', { headers: { Authorization: Token }, json: { text: token } });
}

/**
 * A new user with a password of its own, made with the operator's program and its `options`. LATCHKEY_CLI names the program; without
 * it, cargo builds it.
 */
export async function addUser(...options) {
  const username = unique('person');
  const [program, ...first] = process.env.LATCHKEY_CLI ? [process.env.LATCHKEY_CLI] : ['cargo', 'run', '--quiet', '--package', 'latchkey-cli', '--'];
  // A deployed stack's file names it, and the environment says where it is.
  const place = stack.stack ? `--stack=${stack.stack}` : `--local=${dirname(stackFile)}`;
  const command = [...first, place, '--json', 'user', 'add', username, '--generate', ...options];
  // To the program, LATCHKEY_STACK is a stack in AWS.
  const { stdout } = await promisify(execFile)(program, command, { cwd: here, env: { ...process.env, LATCHKEY_STACK: undefined } });
  const { user_id: id, password } = JSON.parse(stdout);
  return { id, username, password };
}

/** What `introspect` says of a credential, to whoever has `key`. */
export async function introspect(key, token) {
  const { status, body } = await request('POST', '/introspect', { headers: { apikey: key }, json: { token } });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** Verifies an ES256 JWT against the stack's published keys, with a second implementation, and gives its header and claims. */
export async function verifyJwt(token) {
  const keys = JSON.parse(await readFile(join(dirname(stackFile), 'keys', 'verification.json'), 'utf8'));
  const { protectedHeader, payload } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['ES256'] });
  return { header: protectedHeader, claims: payload };
}

/** Runs `act` and gives its result with the newest mail that was sent meanwhile, which comes a moment after the answer. */
export async function withMail(act) {
  const folder = join(dirname(stackFile), 'mail');
  const mails = async () => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml'));
  const before = new Set(await mails());

  const result = await act();

  const arrived = async () => (await mails()).filter((name) => !before.has(name));
  for (let look = 0; look < 1000 && (await arrived()).length === 0; look += 1) await setTimeout(20);
  const sent = await Promise.all(
    (await arrived()).map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  assert.notEqual(sent.length, 0, `no mail was sent: there is no new *.eml in ${folder}`);
  const newest = sent.reduce((a, b) => (b.at > a.at ? b : a));
  return { result, mail: await readFile(join(folder, newest.name), 'utf8') };
}

/** The six digits in a mail's body. */
export function oneTimePasswordIn(mail) {
  const [head, ...rest] = mail.split(/\r?\n\r?\n/);
  const encoding = /^content-transfer-encoding:\s*(\S+)/im.exec(head)?.[1].toLowerCase();
  const raw = rest.join('\n\n');
  const body = encoding === 'base64' ? Buffer.from(raw, 'base64').toString() : raw.replace(/=\r?\n/g, '');
  const digits = /(?<!\d)\d{6}(?!\d)/.exec(body)?.[0];
  assert.ok(digits, `the mail holds no six digits:\n${mail}`);
  return digits;
}
