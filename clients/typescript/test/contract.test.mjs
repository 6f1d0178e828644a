// The generated types are those that the contract gives now: `make clients-generate` writes them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the generated types are those of the contract', () => {
  const made = execFileSync(at('../node_modules/.bin/openapi-typescript'), [at('../../../infra/openapi.yaml')], { encoding: 'utf8' });

  assert.ok(made === readFileSync(at('../src/contract.ts'), 'utf8'), 'infra/openapi.yaml has changed: make clients-generate');
});
