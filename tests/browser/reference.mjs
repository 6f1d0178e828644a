// /docs of a running local stack in a real browser: the demo user is a click away, and operations can be called.
//
// CHROMIUM is the browser's program, and LATCHKEY_STACK the stack's `stack.json`. PICTURES is a folder for pictures of the page.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Browser } from './chromium.mjs';

const { CHROMIUM = 'chromium', LATCHKEY_STACK = '.local/stack.json', PICTURES } = process.env;
const stack = JSON.parse(readFileSync(LATCHKEY_STACK, 'utf8'));

const DESK = { width: 1280, height: 900, deviceScaleFactor: 1, mobile: false };
const DARK = { features: [{ name: 'prefers-color-scheme', value: 'dark' }] };

const browser = new Browser(CHROMIUM);
try {
  await walk();
} finally {
  await browser.close();
}

async function walk() {
  const page = await browser.open(`${stack.url}/docs`);
  await page.send('Emulation.setDeviceMetricsOverride', DESK);
  await page.shows('user-login');

  await page.press('Log in as the demo user');
  await page.shows('Logged in as demo');
  await page.press('Make an API key');
  await page.shows('with an API key named docs');
  await page.until('The open lock', () => document.querySelector('.auth-wrapper .authorize.locked') !== null);

  // The login, with the demo user's name and password in the body already.
  assert.equal(await call(page, 'operations-Login-user-login'), 200);
  await picture(page, 'login');
  assert.equal(await call(page, 'operations-Login-user-sessions-list'), 200);
  assert.equal(await call(page, 'operations-Auth_headers-authheader-list'), 200);

  // A problem leads to its explanation.
  const refused = await fetch(`${stack.url}/user/logout`);
  const { type } = await refused.json();
  assert.equal(type, `${stack.url}/docs/errors#missing-credentials`);
  const errors = await browser.open(type);
  await errors.send('Emulation.setDeviceMetricsOverride', DESK);
  await errors.shows('The request carries no credential');
  assert.equal(await errors.evaluate(() => document.querySelector(':target')?.id), 'missing-credentials');
  await errors.evaluate(() => document.querySelector(':target').scrollIntoView({ block: 'center' }));
  await picture(errors, 'errors');
  await errors.send('Emulation.setEmulatedMedia', DARK);
  await picture(errors, 'errors-dark');
  // A tab in the background is told of no change.
  await page.send('Page.bringToFront');
  await page.send('Emulation.setEmulatedMedia', DARK);
  await page.until('The dark reference', () => document.documentElement.classList.contains('dark-mode'));
  await picture(page, 'login-dark');

  const said = (method) => browser.events.filter((event) => event.method === method);
  const asked = said('Network.requestWillBeSent').map((event) => event.params.request.url);
  assert.deepEqual(asked.filter((url) => !url.startsWith(stack.url) && !url.startsWith('data:')), [], 'the page asks this machine only');
  assert.deepEqual(said('Runtime.exceptionThrown').map((event) => event.params.exceptionDetails.text), []);
  console.log(`The reference was opened, authorized and tried in a browser; ${asked.length} requests, none of them to another machine.`);
}

/** The status of the operation in that block, called with what stands in its form. */
async function call(page, block) {
  await page.until(`The operation ${block}`, (id) => {
    const found = document.getElementById(id);
    if (found && !found.classList.contains('is-open')) found.querySelector('.opblock-summary-control').click();
    const execute = found?.querySelector('.execute');
    execute?.click();
    return execute !== null && execute !== undefined;
  }, block);
  const status = await page.until(`The answer of ${block}`, (id) => {
    const cell = document.querySelector(`#${id} .live-responses-table .response .response-col_status`);
    return cell?.innerText.trim();
  }, block);
  await page.evaluate((id) => document.querySelector(`#${id} .execute`).scrollIntoView(), block);
  return Number.parseInt(status, 10);
}

async function picture(page, name) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)).then(() => true));
  const { data } = await page.send('Page.captureScreenshot', {});
  writeFileSync(join(PICTURES, `${name}.png`), Buffer.from(data, 'base64'));
}
