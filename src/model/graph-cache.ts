import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../errors.ts';
import { tokenGraph } from './bert-graph.ts';
import { readBert } from './bert.ts';
import type { BertConfig } from './families.ts';
import { readSafetensors, type Weights } from './safetensors.ts';

/** Raised whenever the same weights give another graph. */
const BUILDER = 1;

/** A transformer as its folder holds it: an ONNX file, or weights that a graph is built from. */
export type Transformer = { kind: 'onnx'; path: string } | { kind: 'weights'; files: readonly string[]; config: BertConfig };

/**
 * The ONNX file of a model. From weights it is built once, and kept in the user's cache by the model's hash, which covers them.
 *
 * @returns its path, which may be gone when the process has ended
 */
export function onnxFile({ transformer, hash }: { transformer: Transformer; hash: string }): string {
  if (transformer.kind === 'onnx') return transformer.path;
  const { files, config } = transformer;
  const key = createHash('sha256').update(`${BUILDER}\n${hash}`).digest('hex');
  const path = join(cacheFolder(), `${key}.onnx`);
  if (existsSync(path)) return path;
  const weights: Weights = new Map(files.flatMap((file) => [...readSafetensors(file)]));
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, tokenGraph(readBert(weights, config)));
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    if (cause instanceof CliError) throw cause;
    throw new CliError(`Cannot write the graph of the model to ${path}: ${(cause as Error).message}`, {
      hint: 'Make room there, or name another folder in XDG_CACHE_HOME',
      cause,
    });
  }
  return path;
}

/** Where graphs are kept: in the cache of the user, or where that cannot be written, in the system's temporary folder. */
function cacheFolder(): string {
  const own = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  for (const folder of [join(own, 'embed/graphs'), join(tmpdir(), 'embed-graphs')]) {
    try {
      mkdirSync(folder, { recursive: true });
      return folder;
    } catch {
      // the next one
    }
  }
  throw new CliError(`Cannot keep graphs of models: neither ${own} nor ${tmpdir()} can be written`, {
    hint: 'Name a folder in XDG_CACHE_HOME',
  });
}
