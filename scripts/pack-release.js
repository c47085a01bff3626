// What a release is made of (docs/adr/014): the package without a runtime, and one package a platform, which npm picks by os, cpu
// and libc. All of it goes to release/, to be published from there, the runtimes first. --here packs this platform's runtime alone.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyRuntime, PLATFORMS, sourceManifest } from './runtime-files.js';

const here = process.argv.includes('--here');
const own = JSON.parse(readFileSync('package.json', 'utf8'));
const runtime = sourceManifest();

rmSync('release', { recursive: true, force: true });
const optionalDependencies = {};
for (const platform of PLATFORMS) {
  const { os, cpu, libc } = platform;
  const name = `${own.name}-runtime-${os}-${cpu}`;
  const folder = join('release/packages', name);
  optionalDependencies[name] = runtime.version;
  write(folder, {
    name,
    // ONNX Runtime's own: our releases do not publish the same 46 MB again, and manifests of sets name it
    version: runtime.version,
    description: `ONNX Runtime's CPU library for ${own.name} on ${os} ${cpu}, from onnxruntime-node ${runtime.version}`,
    license: runtime.license,
    type: 'commonjs',
    main: runtime.main,
    files: ['bin', 'dist', 'LICENSE'],
    engines: own.engines,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    dependencies: { 'onnxruntime-common': runtime.dependencies['onnxruntime-common'] },
    // read from disk by the system's loader
    preferUnplugged: true,
  });
  if (here && (os !== process.platform || cpu !== process.arch)) continue;
  copyRuntime(platform, folder);
  pack(folder);
}

const { scripts: _, devDependencies: __, bundleDependencies: ___, allowScripts: ____, ...manifest } = own;
const main = join('release/packages', own.name);
const files = own.files.filter((file) => file !== 'vendor');
for (const file of ['README.md', ...files]) cpSync(file, join(main, file), { recursive: true });
write(main, { ...manifest, files, optionalDependencies });
pack(main);

function write(folder, content) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, undefined, 2)}\n`);
}

function pack(folder) {
  execFileSync('npm', ['pack', `./${folder}`, '--pack-destination', 'release', '--ignore-scripts', '--silent'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
}
