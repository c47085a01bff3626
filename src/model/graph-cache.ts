import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ExternalData } from '../engine/graph.ts';
import { CliError } from '../errors.ts';
import { tokenGraph } from './bert-graph.ts';
import { readBert } from './bert.ts';
import { readSafetensors, type Weights } from './safetensors.ts';
import type { Transformer } from './transformer.ts';
import { cacheFolder } from './user-cache.ts';

/** Raised whenever the same weights give another graph. */
const BUILDER = 3;

/**
 * The ONNX file of a model. From weights it is built once, and kept in the user's cache by the model's hash, which covers them: a
 * folder with the graph and, beside it, the values of its large constants, so that models beyond 2 GB can be built and are mapped
 * into memory instead of being read.
 *
 * @returns its path, which may be gone when the process has ended
 */
export function onnxFile({ transformer, hash }: { transformer: Transformer; hash: string }): string {
  if (transformer.kind === 'onnx') return transformer.path;
  const { files, config } = transformer;
  const folder = join(cacheFolder('graphs'), createHash('sha256').update(`${BUILDER}\n${hash}`).digest('hex'));
  const path = join(folder, GRAPH);
  if (existsSync(path)) return path;
  writeFolder(folder, (part) => {
    const weights: Weights = new Map(files.flatMap((file) => [...readSafetensors(file)]));
    const external = openExternal(join(part, VALUES));
    try {
      writeFileSync(join(part, GRAPH), tokenGraph(readBert(weights, config), external));
    } finally {
      external.close();
    }
  });
  return path;
}

const GRAPH = 'model.onnx';
const VALUES = 'values.bin';

/** Writes a folder of the cache under another name and gives it its own when it is whole. */
function writeFolder(folder: string, write: (part: string) => void): void {
  const part = `${folder}.${process.pid}.part`;
  try {
    mkdirSync(part, { recursive: true });
    write(part);
    renameSync(part, folder);
  } catch (cause) {
    rmSync(part, { recursive: true, force: true });
    // another run has written the same in the meantime
    if (existsSync(join(folder, GRAPH))) return;
    if (cause instanceof CliError) throw cause;
    throw new CliError(`Cannot write the graph of the model to ${folder}: ${(cause as Error).message}`, {
      hint: 'Make room there, or name another folder in XDG_CACHE_HOME',
      cause,
    });
  }
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
