// docs/guides/accounts.html, used in a real browser against a running local stack: from the sign-up to a forgotten password.
//
// CHROMIUM is the browser's program, and LATCHKEY_STACK the stack's `stack.json`. PICTURES is a folder for pictures of the page.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Browser } from './chromium.mjs';

const { CHROMIUM = 'chromium', LATCHKEY_STACK = '.local/stack.json', PICTURES } = process.env;
const stack = JSON.parse(readFileSync(LATCHKEY_STACK, 'utf8'));

const name = `carol-${randomUUID().slice(0, 8)}`;
const address = `${name}@example.com`;
const [password, next] = [`${randomUUID()}!`, `${randomUUID()}?`];

const browser = new Browser(CHROMIUM);
try {
  await walk();
} finally {
  await browser.close();
}

async function walk() {
  assert.notEqual(new URL(stack.app_url).origin, new URL(stack.url).origin);
  const first = await browser.open(stack.app_url);
  await picture(first, 'log-in');

  // An account, by a link that opens another tab.
  await first.press('Make an account');
  await first.type('E-mail address', address);
  await first.press('Send the link');
  await first.shows('If the address can receive mail, a mail is on its way.');
  const page = await browser.open(await mailed('sign-up'));
  await page.shows('Finish your sign-up');
  assert.equal(await page.evaluate(() => location.href), stack.app_url, 'the token is out of the address bar');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'username');
  await page.type('User name', name);
  await page.type('Password', 'password123');
  await page.press('Make the account');
  await page.shows('The password must not be a common password');
  await picture(page, 'weak-password');
  await page.type('Password', password);
  await page.press('Make the account');
  await page.shows('Your account is made.');
  await page.shows(`Hello, ${name}`);
  assert.equal(await count(page), 1);

  // More logins: by the address, by the name, and of a client that says strange things of itself.
  await logIn(first, address, password);
  await first.shows(`Hello, ${name}`);
  assert.equal(await count(first), 2);
  await first.press('Log out');
  await first.shows('You are logged out.');
  await logIn(first, name, password);
  await first.shows(`Hello, ${name}`);
  const strange = '<img src=x onerror="document.title = 1">';
  const answer = await fetch(`${stack.url}/user/login`, {
    method: 'POST', headers: { 'user-agent': strange }, body: JSON.stringify({ username: name, password }),
  });
  assert.equal(answer.status, 200);
  const third = await browser.open(stack.app_url);
  await logIn(third, name, password);
  await third.shows(`Hello, ${name}`);

  // One of them is ended, then all but one's own.
  await page.press('Refresh');
  await page.shows(strange);
  assert.equal(await page.evaluate(() => document.title), 'Your account');
  assert.equal(await count(page), 4);
  await picture(page, 'sessions');
  await page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'dark' }] });
  await picture(page, 'sessions-dark');
  await page.press('End this');
  await page.shows('That login has ended.');
  assert.equal(await count(page), 3);
  await page.press('End all others');
  await page.shows('All other logins have ended.');
  assert.equal(await count(page), 1);
  assert.ok(!(await page.text()).includes('End all others'));
  await first.press('End all others');
  await first.shows('You are no longer logged in here. Log in again.');

  // The password is forgotten. The link comes into the tab that is open.
  await first.press('Forgot your password?');
  await first.type('User name or e-mail address', address);
  await first.press('Send the link');
  await first.shows('a link that sets a new password is on its way to it.');
  const link = await mailed('reset');
  await first.go(link);
  await first.shows('Choose a password');
  assert.equal(await first.evaluate(() => location.href), stack.app_url);
  await first.type('New password', next);
  await picture(first, 'reset');
  await first.press('Set the password');
  await first.shows('Your password is set. Log in with it.');
  await logIn(first, name, password);
  await first.shows('The username or the password is incorrect.');
  await picture(first, 'refused');
  await logIn(first, name, next);
  await first.shows(`Hello, ${name}`);
  assert.equal(await count(first), 1);

  // The link works once, and has ended the other tab's login.
  const late = await browser.open(link);
  await late.type('New password', password);
  await late.press('Set the password');
  await late.shows('This link is wrong, has expired or was used before.');
  await page.press('Refresh');
  await page.shows('You are no longer logged in here.');

  nothingLeaks();
}

async function logIn(tab, username, secret) {
  await tab.type('User name or e-mail address', username);
  await tab.type('Password', secret);
  await tab.press('Log in');
}

function count(tab) {
  return tab.evaluate(() => document.querySelectorAll('#sessions li').length);
}

/** The link of that kind that this address was mailed. */
async function mailed(action) {
  const folder = join(dirname(LATCHKEY_STACK), 'mail');
  const link = new RegExp(`http\\S+#${action}=\\w+`);
  for (let tries = 0; tries < 600; tries += 1) {
    const mails = readdirSync(folder).filter((file) => file.endsWith('.eml')).map((file) => readFileSync(join(folder, file), 'utf8'));
    const found = mails.filter((mail) => mail.includes(`To: <${address}>`)).map((mail) => mail.match(link)?.[0]).find(Boolean);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`No mail with #${action}= came to ${address}`);
}

/** No request had a secret in its URL or its Referer, and no script failed. */
function nothingLeaks() {
  const requests = browser.events.filter(({ method }) => method === 'Network.requestWillBeSent').map(({ params }) => params.request);
  const calls = requests.filter(({ url }) => url.startsWith(stack.url));
  assert.ok(calls.length > 15, `${calls.length}`);
  for (const { url, headers } of requests) {
    const seen = `${url} ${headers.Referer ?? ''}`;
    assert.doesNotMatch(seen, /lksgn_|lkrst_|eyJ/);
    assert.ok(![password, next].some((secret) => seen.includes(encodeURIComponent(secret))), seen);
    assert.ok(url.startsWith(stack.app_url) || url.startsWith(stack.url) || url.startsWith('data:'), url);
  }
  const thrown = browser.events.filter(({ method }) => method === 'Runtime.exceptionThrown');
  assert.deepEqual(thrown.map(({ params }) => params.exceptionDetails.text), []);
  console.log(`an account from sign-up to a forgotten password: ${calls.length} calls from ${new URL(stack.app_url).origin}`);
}

async function picture(tab, title) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  writeFileSync(join(PICTURES, `${title}.png`), await tab.picture(), 'base64');
}
