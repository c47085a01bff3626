// Runs around `npm pack`: puts ONNX Runtime's CPU library for every platform into vendor/, so that the packed tarball
// installs where nothing but the npm registry is reached. Why it is done this way: docs/adr/002.
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const from = 'node_modules/onnxruntime-node';
const to = 'vendor/onnxruntime-node';

rmSync('vendor', { recursive: true, force: true });
if (process.argv[2] === 'in') {
  for (const entry of ['dist', 'package.json', 'README.md']) cpSync(join(from, entry), join(to, entry), { recursive: true });
  for (const file of readdirSync(join(from, 'bin'), { recursive: true, encoding: 'utf8' })) {
    // Left out: DirectML, dxcompiler and dxil, which only GPU providers load, and the second name of the macOS library.
    if (/(onnxruntime_binding\.node|libonnxruntime\.so\.1|libonnxruntime\.1\.dylib|[\\/]onnxruntime\.dll)$/.test(file)) {
      cpSync(join(from, 'bin', file), join(to, 'bin', file));
    }
  }
}
