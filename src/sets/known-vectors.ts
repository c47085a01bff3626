import { EmbedError } from '../errors.ts';
import { yieldToEvents } from '../io.ts';
import type { KnownVectors } from '../model/encoder.ts';
import type { Model } from '../model/model.ts';
import { abilitiesOf } from '../model/open-encoder.ts';
import { foreignFile, readManifest } from '../vectors/manifest-file.ts';
import { ROWS_PER_OFFSET } from '../vectors/manifest.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';
import { keyOf, textIndex } from '../vectors/text-index.ts';
import { openVectorCache } from '../vectors/vector-cache.ts';
import type { EncodeFlags } from './flags.ts';
import type { Run } from './run.ts';
import type { Identity } from './sink.ts';

/** Where vectors of texts are found that need not be encoded again. `taken` counts them by their source, of which `cache` may be one. */
export type Known = KnownVectors & { taken: ReadonlyMap<string, number>; cache: string | undefined; close(): void };

/** What decides a vector besides its text: sets that agree in this can take vectors over from each other. */
function makerOf({ tool, runtime, model }: Pick<Identity, 'tool' | 'runtime' | 'model'>, dims: number): string {
  return JSON.stringify({ tool, runtime, model, dims });
}

type Job = { identity: Identity; model: Model; output: string; form: string };

/**
 * Opens the sources of known vectors: the set that is replaced, those of --reuse, and the cache.
 *
 * @throws EmbedError where a set of --reuse is of another model, or has no texts
 */
export async function openKnown(job: Job, { reuse, cache }: Pick<EncodeFlags, 'reuse' | 'cache'>, run: Run): Promise<Known | undefined> {
  if (reuse === false) return undefined;
  const { noReuse } = abilitiesOf(job.model);
  if (noReuse !== undefined) {
    const idle = reuse ? '--reuse' : cache === undefined ? undefined : '--cache';
    if (idle !== undefined) run.note(`note: ${idle} has no effect on ${job.model.name}: ${noReuse}`);
    return undefined;
  }
  const sources: Source[] = [];
  const close = (): void => sources.splice(0).forEach((source) => source.close());
  try {
    for (const path of reuse ?? []) sources.push(await openReused(path, job, run.signal));
    const replaced = job.form === 'set' && !(reuse ?? []).includes(job.output) ? await openReplaced(job, run.signal) : undefined;
    if (replaced) sources.push(replaced);
    if (cache !== undefined) sources.push(openCached(cache, job, run));
  } catch (error) {
    close();
    throw error;
  }
  if (sources.length === 0) return undefined;
  const taken = new Map<string, number>();
  return {
    taken,
    cache,
    close,
    find(text, into) {
      const key = keyOf(text);
      for (const [at, source] of sources.entries()) {
        try {
          if (!source.find(key, into)) continue;
        } catch (error) {
          // a set that is damaged is of no more use; its vectors are made again
          run.note(`note: no more vectors are taken over from ${source.name}: ${(error as Error).message}`);
          sources.splice(at, 1)[0]!.close();
          return false;
        }
        taken.set(source.name, (taken.get(source.name) ?? 0) + 1);
        return true;
      }
      return false;
    },
    add(text, vector) {
      const keeping = sources.filter((source) => source.add);
      // a key is a hash of the text
      if (keeping.length === 0) return;
      const key = keyOf(text);
      for (const source of keeping) source.add!(key, vector);
    },
  };
}

type Source = {
  name: string;
  find(key: Uint32Array, into: Float32Array): boolean;
  add?(key: Uint32Array, vector: Float32Array): void;
  close(): void;
};

async function openReused(path: string, { identity, model: { dims } }: Job, signal: AbortSignal): Promise<Source> {
  const set = openSet(path);
  try {
    const fail = (why: string): never => {
      throw new EmbedError(`Cannot take vectors over from ${path}: ${why}`, {
        hint: 'Leave --reuse out, or name a set of the same model and options',
      });
    };
    if (!set.manifest) return fail('it has no manifest, so nothing says what made its vectors');
    if (makerOf(set.manifest, set.manifest.dims) !== makerOf(identity, dims)) {
      return fail(differenceOf(set.manifest, identity, dims));
    }
    if (set.manifest.options['text'] === false) return fail('it was written with --no-text, so its texts are not known');
    return await sourceOf(set, path, signal);
  } catch (error) {
    set.close();
    throw error;
  }
}

function differenceOf({ tool, runtime, model, dims: own }: Identity & { dims: number }, identity: Identity, dims: number): string {
  if (tool !== identity.tool) return `it was written by ${tool}, this is ${identity.tool}`;
  if (runtime !== identity.runtime) return `it was made with ${runtime}, this is ${identity.runtime}`;
  if (model?.name !== identity.model?.name) return `it is of the model ${model?.name ?? 'nothing names'}, not ${identity.model?.name}`;
  if (own !== dims) return `its vectors have ${own} dims, not ${dims}`;
  return 'its model has other files or options (prompt, pooling, precision)';
}

/** The set that is about to be replaced, if it has vectors that hold. */
async function openReplaced({ identity, model: { dims }, output }: Job, signal: AbortSignal): Promise<Source | undefined> {
  const manifest = readManifest(output);
  if (!manifest || manifest.options['text'] === false || makerOf(manifest, manifest.dims) !== makerOf(identity, dims)) return undefined;
  if (foreignFile(manifest, output) !== undefined) return undefined;
  return sourceOf(openSet(output), output, signal);
}

async function sourceOf(set: VectorSet, name: string, signal: AbortSignal): Promise<Source> {
  const { vectors } = set;
  const index = textIndex(vectors.rows);
  let row = 0;
  for (const { text } of set.rows!.scan()) {
    if (text !== undefined) index.add(keyOf(text), row);
    row++;
    if (row % ROWS_PER_OFFSET === 0) await yieldToEvents(signal);
  }
  // rows come mostly in the order of the set: a group is read once
  const group = new Float32Array(ROWS_PER_OFFSET * vectors.cols);
  let held = -1;
  return {
    name,
    find(key, into) {
      const found = index.find(key);
      if (found < 0) return false;
      const wanted = Math.floor(found / ROWS_PER_OFFSET);
      if (wanted !== held) {
        const count = Math.min(ROWS_PER_OFFSET, vectors.rows - wanted * ROWS_PER_OFFSET);
        held = -1;
        vectors.read(wanted * ROWS_PER_OFFSET, group.subarray(0, count * vectors.cols));
        held = wanted;
      }
      const at = (found % ROWS_PER_OFFSET) * vectors.cols;
      into.set(group.subarray(at, at + vectors.cols));
      return true;
    },
    close: set.close,
  };
}

/** Vectors that a cache keeps by default, in bytes: those of 650,000 texts of 384 dims. */
const MAX_CACHE_BYTES = 1e9;

function openCached(folder: string, { identity, model: { dims } }: Job, { note }: Run): Source {
  const { find, add, close } = openVectorCache(folder, { model: makerOf(identity, dims), dims, maxBytes: MAX_CACHE_BYTES });
  const keeping = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      // the vectors are in the output all the same
      note(`note: ${folder} does not keep all vectors: ${(error as Error).message}`);
    }
  };
  return { name: folder, find, add: (key, vector) => keeping(() => add(key, vector)), close: () => keeping(close) };
}
