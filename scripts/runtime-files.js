// What of onnxruntime-node is packed for one platform (docs/adr/014).
import { copyFileSync, cpSync, linkSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SOURCE = 'node_modules/onnxruntime-node';

/** The platforms that ONNX Runtime's npm package has a CPU library for. */
export const PLATFORMS = [
  { os: 'linux', cpu: 'x64', libc: 'glibc' },
  { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { os: 'darwin', cpu: 'arm64' },
  { os: 'win32', cpu: 'x64' },
  { os: 'win32', cpu: 'arm64' },
];

export function sourceManifest() {
  return JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8'));
}

/** Copies the JavaScript part and one platform's library. The library is linked where the disk can: it has 46 MB. */
export function copyRuntime({ os, cpu }, to) {
  for (const file of readdirSync(join(SOURCE, 'dist'))) {
    if (file.endsWith('.js')) cpSync(join(SOURCE, 'dist', file), join(to, 'dist', file));
  }
  cpSync('scripts/LICENSE-onnxruntime', join(to, 'LICENSE'));
  const folder = join('bin/napi-v6', os, cpu);
  mkdirSync(join(to, folder), { recursive: true });
  for (const file of readdirSync(join(SOURCE, folder))) {
    // Left out: DirectML, dxcompiler and dxil, which only GPU providers load, and the second name of the macOS library.
    if (/^(onnxruntime_binding\.node|libonnxruntime\.so\.1|libonnxruntime\.1\.dylib|onnxruntime\.dll)$/.test(file)) {
      linkOrCopy(join(SOURCE, folder, file), join(to, folder, file));
    }
  }
}

function linkOrCopy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
