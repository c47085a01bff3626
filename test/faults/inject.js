import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMap } from 'node:util';
import { isMainThread } from 'node:worker_threads';

/**
 * Is loaded into the program before its own code. It numbers the calls that change files below the folder EMBED_FAULT_BELOW, from 1
 * on, and at one of them it does what EMBED_FAULT says, "N:KIND":
 *
 * - kill-before, kill-within, kill-after: the process is killed; "within" a write, half of the bytes are written
 * - wait-before, wait-after: the process makes a file of the name EMBED_FAULT_GO, and waits until it is removed
 * - ENOSPC: the disk is full: this call fails, a write after half of its bytes, and so do all later ones that need room
 * - another code, as EIO or EACCES: this call fails, and no other
 *
 * With EMBED_FAULT_LOG=FILE each call becomes a line of that file: number, name, paths within the folder, separated by tabs.
 *
 * A script can begin to count again with `setFault("N:KIND")`, and so run into many errors in one process; it returns the calls so far.
 *
 * Only calls of the main thread count, so the numbers are the same in each run. Calls made of others (writeFileSync, rmSync) are
 * taken apart, so that a fault can come between their steps. Promises, callbacks and streams are not counted: embed writes with none.
 */
const { EMBED_FAULT, EMBED_FAULT_BELOW, EMBED_FAULT_GO, EMBED_FAULT_LOG } = process.env;
const real = { ...fs };

/** Calls that take a path or two, those that take a descriptor, and those that a full disk refuses. */
const WITH_PATHS = {
  chmodSync: 1,
  copyFileSync: 2,
  linkSync: 2,
  lutimesSync: 1,
  mkdirSync: 1,
  mkdtempSync: 1,
  openSync: 1,
  renameSync: 2,
  rmdirSync: 1,
  symlinkSync: 2,
  unlinkSync: 1,
  utimesSync: 1,
};
const WITH_DESCRIPTOR = ['fchmodSync', 'fdatasyncSync', 'fsyncSync', 'ftruncateSync', 'futimesSync', 'writeSync', 'writevSync'];
const NEEDS_ROOM = new Set([
  'copyFileSync',
  'fdatasyncSync',
  'fsyncSync',
  'linkSync',
  'mkdirSync',
  'mkdtempSync',
  'openSync',
  'symlinkSync',
  'writeSync',
  'writevSync',
]);

/** Between two looks at a file; nothing depends on it. */
const LOOK_MS = 10;

if (EMBED_FAULT_BELOW !== undefined && isMainThread) patch();

function patch() {
  const roots = [...new Set([resolve(EMBED_FAULT_BELOW), real.realpathSync(EMBED_FAULT_BELOW)])];
  const descriptors = new Map();
  let [count, full, at, kind] = [0, false];
  globalThis.setFault = (fault = '') => {
    const made = count;
    [at, kind] = /^(\d+):(.+)$/.exec(fault)?.slice(1) ?? [];
    [count, full] = [0, false];
    return made;
  };
  globalThis.setFault(EMBED_FAULT);

  /** The path within the folder; undefined for others. */
  const within = (path) => {
    const whole = resolve(path instanceof URL ? fileURLToPath(path) : String(path));
    const root = roots.find((one) => whole === one || whole.startsWith(one + sep));
    return root === undefined ? undefined : relative(root, whole) || '.';
  };
  /** Makes one call, or does in its place what was asked for. */
  const step = (name, args, paths) => {
    const call = () => real[name](...args);
    if (paths.every((path) => path === undefined)) return call();
    count++;
    if (EMBED_FAULT_LOG !== undefined) real.appendFileSync(EMBED_FAULT_LOG, `${[count, name, ...paths].join('\t')}\n`);
    if (full && needsRoom(name, args)) throw systemError('ENOSPC', name);
    if (count !== Number(at)) return call();
    if (kind === 'kill-before') kill();
    if (kind === 'kill-within' || kind === 'ENOSPC') writeHalf(name, args);
    if (kind === 'kill-within') kill();
    if (kind === 'wait-before') waitForGo();
    if (kind.endsWith('-before') || kind.endsWith('-after')) {
      const result = call();
      if (kind === 'kill-after') kill();
      if (kind === 'wait-after') waitForGo();
      return result;
    }
    full = kind === 'ENOSPC';
    if (name === 'mkdirSync' && !needsRoom(name, args)) return call();
    throw systemError(kind, name);
  };

  for (const [name, paths] of Object.entries(WITH_PATHS)) {
    if (name !== 'openSync') fs[name] = (...args) => step(name, args, args.slice(0, paths).map(within));
  }
  fs.openSync = (...args) => {
    const path = within(args[0]);
    const descriptor = writes(args[1]) ? step('openSync', args, [path]) : real.openSync(...args);
    if (path !== undefined) descriptors.set(descriptor, path);
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    descriptors.delete(descriptor);
    real.closeSync(descriptor);
  };
  for (const name of WITH_DESCRIPTOR) fs[name] = (...args) => step(name, args, [descriptors.get(args[0])]);
  fs.writeFileSync = (path, data, options) => writeFile(path, data, { flag: 'w', ...optionsOf(options) });
  fs.appendFileSync = (path, data, options) => writeFile(path, data, { flag: 'a', ...optionsOf(options) });
  fs.rmSync = (path, options = {}) => remove(path, options);
  syncBuiltinESMExports();
}

function writes(flags = 'r') {
  if (typeof flags === 'string') return flags !== 'r' && flags !== 'rs';
  return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0;
}

/** A file that is there can still be opened where the disk is full, and a folder that is there says so. */
function needsRoom(name, args) {
  if (name !== 'openSync' && name !== 'mkdirSync') return NEEDS_ROOM.has(name);
  return real.lstatSync(args[0], { throwIfNoEntry: false }) === undefined;
}

function writeHalf(name, [descriptor, bytes, ...rest]) {
  if (name !== 'writeSync' || !ArrayBuffer.isView(bytes)) return;
  const {
    offset = 0,
    length = bytes.byteLength - offset,
    position = null,
  } = typeof rest[0] === 'object' ? (rest[0] ?? {}) : { offset: rest[0], length: rest[1], position: rest[2] };
  real.writeSync(descriptor, bytes, offset, length >> 1, position);
}

function writeFile(file, data, { flag, mode, encoding, flush }) {
  const descriptor = typeof file === 'number' ? file : fs.openSync(file, flag, mode);
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding ?? 'utf8') : data;
    for (let done = 0; done < bytes.byteLength;) done += fs.writeSync(descriptor, bytes, done, bytes.byteLength - done, null);
    if (flush) fs.fsyncSync(descriptor);
  } finally {
    if (typeof file !== 'number') fs.closeSync(descriptor);
  }
}

function optionsOf(options) {
  return typeof options === 'string' ? { encoding: options } : options;
}

function remove(path, { recursive = false, force = false }) {
  const stats = real.lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined && force) return;
  // what it refuses, it refuses in its own words
  if (stats === undefined || (stats.isDirectory() && !recursive)) return real.rmSync(path, { recursive, force });
  if (!stats.isDirectory()) return fs.unlinkSync(path);
  for (const name of real.readdirSync(path).toSorted()) remove(join(path, name), { recursive, force });
  fs.rmdirSync(path);
}

function systemError(code, name) {
  const errno = -constants.errno[code];
  const syscall = name.replace(/Sync$/, '');
  return Object.assign(new Error(`${code}: ${getSystemErrorMap().get(errno)?.[1] ?? code}, ${syscall}`), { code, errno, syscall });
}

function kill() {
  process.kill(process.pid, 'SIGKILL');
  // nothing more happens until the signal is there
  sleep(Infinity);
}

function waitForGo() {
  real.writeFileSync(EMBED_FAULT_GO, '');
  while (real.existsSync(EMBED_FAULT_GO)) sleep(LOOK_MS);
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
