// Chromium without a window, driven over a pipe by the DevTools protocol. A tab is used as a person uses it: by labels and buttons.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a page may take to show what is waited for. A function's first process starts within it. */
const PATIENCE_MS = 60_000;

// The sandbox is not there for root and in containers, and the browser sees no page but ours.
const FLAGS = ['--headless', '--remote-debugging-pipe', '--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-dev-shm-usage',
  '--disable-extensions', '--disable-background-networking'];

export class Browser {
  #process;
  #profile = mkdtempSync(join(tmpdir(), 'latchkey-browser-'));
  #calls = new Map();
  #last = 0;
  /** What happened in the tabs, as `{ method, params, sessionId }`. */
  events = [];

  constructor(program) {
    // The browser reads commands from its file descriptor 3, and answers on 4.
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    this.#process = spawn(program, [...FLAGS, `--user-data-dir=${this.#profile}`, 'about:blank'], { stdio });
    this.#process.on('exit', () => this.#calls.forEach(({ reject }) => reject(new Error(`${program} has ended`))));
    this.#process.stdio[3].on('error', () => {});
    let read = '';
    this.#process.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (read + text).split('\0');
      read = messages.pop();
      messages.forEach((message) => this.#take(JSON.parse(message)));
    });
  }

  #take(message) {
    if (!message.id) return this.events.push(message);
    const { resolve, reject } = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#last;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  /** A tab with `url`. */
  async open(url) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab((method, params) => this.send(method, params, sessionId));
    for (const domain of ['Page', 'Runtime', 'Network']) await tab.send(`${domain}.enable`);
    await tab.go(url);
    await tab.until('The page', () => document.readyState === 'complete' && location.protocol !== 'about:');
    return tab;
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.on('exit', resolve));
    this.send('Browser.close').catch(() => {});
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class Tab {
  constructor(send) {
    this.send = send;
  }

  /** As from the address bar: if only what is behind the `#` is another, the page stays. */
  go(url) {
    return this.send('Page.navigate', { url });
  }

  /** What `f` returns in the page. */
  async evaluate(f, ...values) {
    const expression = `(${f})(...${JSON.stringify(values)})`;
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until `f` returns something in the page. */
  async until(what, f, ...values) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await this.evaluate(f, ...values);
      if (found) return found;
      if (Date.now() > end) throw new Error(`${what} did not come. The page shows:\n${await this.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  text() {
    return this.evaluate(() => document.body.innerText);
  }

  shows(text) {
    return this.until(`"${text}"`, (wanted) => document.body.innerText.includes(wanted), text);
  }

  /** Types `text` into the field of that label. */
  async type(label, text) {
    await this.until(`The field "${label}"`, (name) => {
      const labels = [...document.querySelectorAll('label')].filter((found) => found.checkVisibility());
      const field = labels.find((found) => found.innerText.trim() === name)?.control;
      field?.focus();
      field?.select();
      return document.activeElement === field;
    }, label);
    await this.send('Input.insertText', { text });
  }

  /** Presses the button of that name with the mouse. */
  async press(name) {
    const at = await this.until(`The button "${name}"`, (wanted) => {
      const buttons = [...document.querySelectorAll('button')].filter((found) => found.checkVisibility());
      const button = buttons.find((found) => found.innerText.trim() === wanted);
      if (!button || button.closest('[aria-busy=true]')) return undefined;
      button.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = button.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    }, name);
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.send('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 });
    }
  }

  /** A picture of the page, as PNG in base64. */
  async picture() {
    return (await this.send('Page.captureScreenshot', { captureBeyondViewport: true })).data;
  }
}
