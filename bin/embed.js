#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write(
    `error: embed needs Node.js 20 or newer, this is ${process.versions.node}\nhint: Install a current Node.js from nodejs.org or your package manager\n`,
  );
  process.exit(2);
}
const { runProcess } = await import('../dist/process.js');
await runProcess();
