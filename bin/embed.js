#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
// 20.15 is the first with zlib.crc32
if (major < 20 || (major === 20 && minor < 15)) {
  process.stderr.write(
    `error: embed needs Node.js 20.15 or newer, this is ${process.versions.node}\nhint: Install a current Node.js from nodejs.org or your package manager\n`,
  );
  process.exit(2);
}
const { runProcess } = await import('../dist/process.js');
await runProcess();
