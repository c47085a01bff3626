import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExternalData } from '../../engine/graph.ts';
import { EmbedError } from '../../errors.ts';
import { checksumOf } from '../../files/content-hash.ts';
import { isRunning, removeAtExit } from '../../files/disk.ts';
import { readRegularFile } from '../../files/regular-file.ts';
import { cacheFolder } from '../../files/user-cache.ts';
import type { Transformer } from '../model.ts';
import { tokenGraph } from './bert-graph.ts';
import { readBert, type Bert, type Int8Dense } from './bert.ts';
import { floatGraph } from './float-graph.ts';
import { weightsOf } from './weights.ts';

/** Raise it whenever the same weights give another graph. */
export const BUILDER = 4;

/**
 * The ONNX file of a model. From weights it is built once, and kept in the user's cache by the model's hash, which covers them. The
 * cache holds a folder with the graph and, beside it, the values of its large constants: so models beyond 2 GB can be built, and values
 * are mapped into memory, not read. Throws an EmbedError if the graph cannot be built or written.
 *
 * @returns its path
 */
export function onnxFile(runs: Transformer, model: { hash: string }): string {
  if (runs.kind === 'onnx') return runs.path;
  const folder = graphFolder(`${BUILDER}\n${model.hash}`);
  const path = join(folder, GRAPH);
  if (isWhole(folder)) return path;
  rmSync(folder, { recursive: true, force: true });
  const part = openGraphFolder(folder);
  try {
    writeTokenGraph(part.path, readBert(weightsOf(runs), runs.config));
    part.finish();
  } catch (cause) {
    part.fail(cause);
  }
  return path;
}

/**
 * Whether a graph of the cache, and the values beside it, are as they were written: tools that clean caches remove single files, and disks
 * lose bits. It takes 40 ms for each 100 MB.
 */
export function isWhole(folder: string): boolean {
  try {
    return readRegularFile(join(folder, CHECKSUMS), { maxBytes: MAX_CHECKSUMS_BYTES }).toString('latin1') === checksums(folder);
  } catch {
    return false;
  }
}

export const GRAPH = 'model.onnx';
const VALUES = 'values.bin';
const CHECKSUMS = 'checksums';
const MAX_CHECKSUMS_BYTES = 1000;

function checksums(folder: string): string {
  return [GRAPH, VALUES].map((file) => `${checksumOf(join(folder, file))} ${file}\n`).join('');
}

/** Files of the cache are private, and never written over what stands there. */
const NEW = { flag: 'wx', mode: 0o600 } as const;

/** The folder of the cache for the graph with this key. */
export function graphFolder(key: string): string {
  return join(cacheFolder('graphs'), createHash('sha256').update(key).digest('hex'));
}

/** Writes an encoder's graph, and its values beside it. */
export function writeTokenGraph(folder: string, bert: Bert | Bert<Int8Dense>): void {
  const external = openExternal(join(folder, VALUES));
  try {
    writeFileSync(join(folder, GRAPH), isFloat(bert) ? floatGraph(bert, external) : tokenGraph(bert, external), NEW);
  } finally {
    external.close();
  }
  writeFileSync(join(folder, CHECKSUMS), checksums(folder), NEW);
}

function isFloat(bert: Bert | Bert<Int8Dense>): bert is Bert {
  return 'w' in bert.layers[0]!.qkv;
}

/** A folder of the cache under a temporary name until it is whole. It is removed if the process ends before. */
export function openGraphFolder(folder: string): { path: string; finish(): void; fail(cause: unknown): void } {
  removeAbandoned(dirname(folder));
  const path = `${folder}.${process.pid}-${randomUUID()}.part`;
  const forget = removeAtExit(path);
  const fail = (cause: unknown): void => {
    rmSync(path, { recursive: true, force: true });
    forget();
    // another run has written the same in the meantime
    if (existsSync(join(folder, GRAPH))) return;
    if (cause instanceof EmbedError) throw cause;
    throw new EmbedError(`Cannot write the graph of the model to ${folder}: ${(cause as Error).message}`, {
      hint: 'Make room there, or name another folder in XDG_CACHE_HOME',
      cause,
    });
  };
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    fail(cause);
  }
  return {
    path,
    finish() {
      renameSync(path, folder);
      forget();
    },
    fail,
  };
}

/** Removes folders that runs have left which were killed. */
function removeAbandoned(cache: string): void {
  try {
    for (const name of readdirSync(cache)) {
      const owner = /^[0-9a-f]{64}\.(\d+)(?:-[0-9a-f-]+)?\.part$/.exec(name)?.[1];
      if (owner === undefined || isRunning(Number(owner))) continue;
      const path = join(cache, name);
      // a process of another container is not seen here
      if (Date.now() - statSync(path).mtimeMs > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // another run was faster, or the folder cannot be read: nothing is lost but space
  }
}

const ABANDONED_AFTER_MS = 86_400_000;

/** Values begin at whole pages, so that they can be mapped. */
const PAGE = 4096;

function openExternal(path: string): ExternalData & { close(): void } {
  const descriptor = openSync(path, NEW.flag, NEW.mode);
  let end = 0;
  return {
    location: VALUES,
    append(bytes) {
      const at = Math.ceil(end / PAGE) * PAGE;
      for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
      end = at + bytes.length;
      return at;
    },
    close: () => closeSync(descriptor),
  };
}
