#!/usr/bin/env node
// What pre-commit runs in its clone of this repository (.pre-commit-hooks.yaml). The clone is built on the first run, from the
// lockfile: `language: node` would have npm install it globally from git, and npm then leaves out what a build needs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const clone = dirname(dirname(fileURLToPath(import.meta.url)));
const whole = join(clone, 'vendor/onnxruntime-node/package.json');

if (!existsSync(whole)) {
  process.stderr.write('building embed, once for this version\n');
  // pre-commit and git name the repository that is committed to
  const foreign = /^(GIT_|npm_config_(global|prefix|omit)$|NODE_ENV$)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  const options = { cwd: clone, env, encoding: 'utf8', shell: process.platform === 'win32' };
  const { status, error, stdout, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], options);
  if (status !== 0 || !existsSync(whole)) {
    process.stderr.write(
      `${stdout ?? ''}${stderr ?? ''}error: Cannot build embed in ${clone}: npm ci ${error?.message ?? `ended with ${status}`}\n`,
    );
    process.stderr.write('hint: Node.js 20.15 or newer, npm and its registry are needed for this; then commit again\n');
    process.exit(2);
  }
}
await import('../bin/embed.js');
