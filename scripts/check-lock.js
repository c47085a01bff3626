// Finds a package-lock.json that `npm ci` refuses, or that was written for one platform only. npm leaves the optional packages
// of other platforms out when it writes the lock beside a node_modules of this one; `npm ci` then fails everywhere.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const faults = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    if (!nearest(path, name)) faults.push(`${name}, optional in ${path || 'package.json'}, is missing`);
  }
  // a lock that names a registry ties every clone to it
  if (/^https?:/.test(entry.resolved ?? '')) faults.push(`${path} names the registry it came from`);
}
// --dry-run compares the lock with package.json and installs nothing
const ci = spawnSync('npm', ['ci', '--dry-run', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
if (ci.status !== 0) {
  const told = ci.stderr.match(/(?<=npm error )(?:Invalid|Missing): .*/g);
  faults.push(...(told ?? [ci.stderr]));
}
if (faults.length > 0) {
  console.error(`error: package-lock.json is out of step\n  ${faults.join('\n  ')}`);
  console.error('hint: Remove node_modules and package-lock.json, then run npm install');
  process.exit(1);
}
console.log(`package-lock.json: ${Object.keys(packages).length} packages, those of every platform`);

/** Where a package is found from another, as Node looks for it: beside it, then further up. */
function nearest(from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder && `${folder}/`}node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === '') return undefined;
  }
}
