import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ExternalData } from '../../engine/graph.ts';
import { EmbedError } from '../../errors.ts';
import { removeAtExit } from '../../files/disk.ts';
import { cacheFolder } from '../../files/user-cache.ts';
import { readAllSafetensors } from '../../vectors/safetensors.ts';
import type { Transformer } from '../model.ts';
import { tokenGraph } from './bert-graph.ts';
import { readBert, type Bert, type Int8Dense } from './bert.ts';
import { floatGraph } from './float-graph.ts';

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
    writeTokenGraph(part.path, readBert(readAllSafetensors(runs.files), runs.config));
    part.finish();
  } catch (cause) {
    part.fail(cause);
  }
  return path;
}

/** Whether a graph of the cache still has all values that were written beside it: tools that clean caches remove single files. */
export function isWhole(folder: string): boolean {
  try {
    return statSync(join(folder, VALUES)).size === Number(readFileSync(join(folder, LENGTH), 'latin1')) && existsSync(join(folder, GRAPH));
  } catch {
    return false;
  }
}

export const GRAPH = 'model.onnx';
const VALUES = 'values.bin';
const LENGTH = 'values.length';

/** The folder of the cache for the graph with this key. */
export function graphFolder(key: string): string {
  return join(cacheFolder('graphs'), createHash('sha256').update(key).digest('hex'));
}

/** Writes an encoder's graph, and its values beside it. */
export function writeTokenGraph(folder: string, bert: Bert | Bert<Int8Dense>): void {
  const external = openExternal(join(folder, VALUES));
  try {
    writeFileSync(join(folder, GRAPH), isFloat(bert) ? floatGraph(bert, external) : tokenGraph(bert, external));
  } finally {
    external.close();
  }
  writeFileSync(join(folder, LENGTH), String(statSync(join(folder, VALUES)).size));
}

function isFloat(bert: Bert | Bert<Int8Dense>): bert is Bert {
  return 'w' in bert.layers[0]!.qkv;
}

/** A folder of the cache under a temporary name until it is whole. It is removed if the process ends before. */
export function openGraphFolder(folder: string): { path: string; finish(): void; fail(cause: unknown): void } {
  const path = `${folder}.${process.pid}.part`;
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
    mkdirSync(path, { recursive: true });
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

/** Values begin at whole pages, so that they can be mapped. */
const PAGE = 4096;

function openExternal(path: string): ExternalData & { close(): void } {
  const descriptor = openSync(path, 'w');
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
