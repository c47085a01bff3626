// Last step of `npm run build`: puts ONNX Runtime's CPU library for this platform into vendor/, where `npm pack` and an install
// from git take it from. The program of a clone loads it from there too: what is tested is what is packed.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyRuntime, PLATFORMS, sourceManifest } from './runtime-files.js';

const to = 'vendor/onnxruntime-node';
const here = PLATFORMS.find(({ os, cpu }) => os === process.platform && cpu === process.arch);
const { name, version, license, main, dependencies } = sourceManifest();
const manifest = `${JSON.stringify(
  {
    name,
    version,
    license,
    main,
    os: [process.platform],
    cpu: [process.arch],
    dependencies: { 'onnxruntime-common': dependencies['onnxruntime-common'] },
  },
  undefined,
  2,
)}\n`;

if (!here) {
  // the program says so when it is started
  rmSync('vendor', { recursive: true, force: true });
} else if (!upToDate()) {
  // whole or not at all: another program may be starting from it
  const part = `${to}.${process.pid}`;
  mkdirSync('vendor', { recursive: true });
  rmSync(part, { recursive: true, force: true });
  copyRuntime(here, part);
  writeFileSync(join(part, 'package.json'), manifest);
  rmSync(to, { recursive: true, force: true });
  renameSync(part, to);
}

function upToDate() {
  return existsSync(join(to, 'package.json')) && readFileSync(join(to, 'package.json'), 'utf8') === manifest;
}
