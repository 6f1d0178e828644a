// The examples of the READMEs and of docs/clients.md compile.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the examples compile', () => {
  const folder = at('../.examples/');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const files = ['../README.md', '../../../README.md', '../../../docs/clients.md'].flatMap((page, number) =>
    [...readFileSync(at(page), 'utf8').matchAll(/```ts\n([^]*?)```/g)].map(([, code], index) => {
      const file = `${folder}${number}-${index}.ts`;
      writeFileSync(file, code);
      return file;
    }),
  );
  const options = ['--strict', '--noEmit', '--skipLibCheck', '--target', 'ES2022', '--module', 'NodeNext', '--types', 'node'];

  execFileSync(at('../node_modules/.bin/tsc'), [...options, ...files], { stdio: 'inherit' });
});

test('the JavaScript of the docs parses', () => {
  const docs = at('../../../docs/');
  const folder = at('../.examples-js/');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const pages = readdirSync(docs, { recursive: true }).filter((page) => page.endsWith('.md'));
  const blocks = pages.flatMap((page) => [...readFileSync(docs + page, 'utf8').matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code));
  blocks.forEach((code, index) => {
    const file = `${folder}${index}.mjs`;
    writeFileSync(file, code);
    execFileSync(process.execPath, ['--check', file], { stdio: 'inherit' });
  });
  assert.ok(blocks.length > 5);
});
