// The examples of the README and of docs/clients.md compile.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the examples compile', () => {
  const folder = at('../.examples/');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const files = ['../README.md', '../../../docs/clients.md'].flatMap((page, number) =>
    [...readFileSync(at(page), 'utf8').matchAll(/```ts\n([^]*?)```/g)].map(([, code], index) => {
      const file = `${folder}${number}-${index}.ts`;
      writeFileSync(file, code);
      return file;
    }),
  );
  const options = ['--strict', '--noEmit', '--skipLibCheck', '--target', 'ES2022', '--module', 'NodeNext', '--types', 'node'];

  execFileSync(at('../node_modules/.bin/tsc'), [...options, ...files], { stdio: 'inherit' });
});
