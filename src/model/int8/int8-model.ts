import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbedError } from '../../errors.ts';
import { readRegularFile } from '../../files/regular-file.ts';
import { yieldToEvents, orStopped } from '../../io.ts';
import { fits } from '../../schema.ts';
import { cosine, rowOf, type Matrix } from '../../vectors/matrix.ts';
import { FIDELITY as FIDELITY_SCHEMA } from '../folder/schemas.ts';
import { applyHead } from '../head.ts';
import type { Fidelity, Model, Transformer } from '../model.ts';
import { abilitiesOf } from '../open-encoder.ts';
import { openTokenizer, type TokenizedText } from '../tokenizer/tokenizer.ts';
import { readBert, type Bert } from '../transformer/bert.ts';
import { BUILT_FAMILIES } from '../transformer/families.ts';
import { BUILDER, GRAPH, graphFolder, isWhole, openGraphFolder, writeTokenGraph } from '../transformer/graph-cache.ts';
import { openTokenEncoder } from '../transformer/token-encoder.ts';
import { weightsOf } from '../transformer/weights.ts';
import { embedded, throughLayer } from './calibration.ts';
import { INT8_RECIPE, toInt8 } from './int8.ts';

type Options = {
  /** Texts that activations are calibrated on, instead of the packaged sample. */
  texts?: readonly string[] | undefined;
  threads: number;
  signal: AbortSignal;
  onProgress?: ((text: string, fraction: number) => void) | undefined;
};

/** Raise it whenever the same weights, recipe and texts give another int8 graph. */
const INT8_BUILDER = 1;

/** The packaged sample: sentences in 18 languages and unusual texts, one per line. */
const SAMPLE = fileURLToPath(new URL('../../../models/calibration.txt', import.meta.url));

const MIN_TEXTS = 16;
const MAX_TEXTS = 2000;

/** Tokens of all calibration texts. If there are more, fewer texts are used. */
const MAX_TOKENS = 32_768;

/** Longer texts are cut: attention over n tokens takes n² numbers per head. */
const MAX_TOKENS_PER_TEXT = 512;

/** One text in this many is held out, to measure on. */
const HELD_OUT = 8;

/** The share of the progress that is calibration; the rest is measuring. */
const CALIBRATION_SHARE = 0.85;

/**
 * The model with its dense layers and its word embeddings in int8. The graph is built once and kept in the user's cache; the cosines
 * of its vectors to float32 are measured then. A model that is in int8 already is returned as it is. Throws an EmbedError for a model
 * that cannot be converted, and for too few texts.
 */
export async function toInt8Model(model: Model, options: Options): Promise<{ model: Model; fidelity: Fidelity | undefined }> {
  const { runs, name } = model;
  if (model.precision === 'int8') {
    if (options.texts) {
      throw new EmbedError(`Cannot calibrate ${name}: it is in int8 already`, {
        hint: 'Leave --calibrate out, or name a model in float32',
      });
    }
    return { model, fidelity: model.fidelity };
  }
  const { noProducts } = abilitiesOf(model);
  if (noProducts !== undefined) {
    throw new EmbedError(`Cannot turn ${name} to int8: ${noProducts}`, { hint: 'Leave the precision out: int8 would not be faster' });
  }
  if (runs.kind !== 'weights') {
    throw new EmbedError(`Cannot turn ${name} to int8: its graph comes from an ONNX file, not from weights, as ${runs.why}`, {
      hint: `Leave the precision out, or take a folder with the weights (model.safetensors) of a ${BUILT_FAMILIES} model`,
    });
  }
  const texts = sampleOf(options.texts ?? ownSample());
  const key = int8Key(model, texts);
  const folder = graphFolder(key);
  const inFolder = (where: string): Model => ({
    ...model,
    runs: graphIn(where),
    precision: 'int8',
    hash: hashOfKey(key),
    base: model.hash,
  });
  const fidelity = readFidelity(folder);
  if (fidelity) return { model: inFolder(folder), fidelity };
  rmSync(folder, { recursive: true, force: true });

  const { calibration, heldOut } = split(texts, openTokenizer(model));
  const part = openGraphFolder(folder);
  try {
    const reference = await writeInt8(part.path, readBert(weightsOf(runs), runs.config), {
      ...options,
      model,
      calibration,
      heldOut,
    });
    const measured = fidelityOf(reference, await encodeAll(model, heldOut, { ...options, runs: graphIn(part.path) }));
    writeFileSync(join(part.path, FIDELITY), `${JSON.stringify(measured)}\n`, { flag: 'wx', mode: 0o600 });
    options.onProgress?.('measuring', 1);
    part.finish();
    return { model: inFolder(folder), fidelity: measured };
  } catch (cause) {
    part.fail(cause);
    return { model: inFolder(folder), fidelity: readFidelity(folder) };
  }
}

function graphIn(folder: string): Transformer {
  return { kind: 'onnx', path: join(folder, GRAPH), why: 'its weights were turned to int8' };
}

/** The hash that a model has in int8, calibrated on the packaged sample. */
export function int8Hash(model: Model): string {
  return hashOfKey(int8Key(model, sampleOf(ownSample())));
}

function ownSample(): string[] {
  return readFileSync(SAMPLE, 'utf8').split('\n');
}

/** The key of an int8 graph: everything that the graph and its figures depend on. */
function int8Key(model: Model, texts: readonly string[]): string {
  return [
    ['int8', INT8_BUILDER, BUILDER],
    [model.hash, model.maxTokens, model.pooling],
    INT8_RECIPE,
    createHash('sha256').update(JSON.stringify(texts)).digest('hex'),
  ]
    .map((part) => JSON.stringify(part))
    .join('\n');
}

function hashOfKey(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Writes the int8 graph; returns the vectors of `heldOut` in float32. */
async function writeInt8(
  folder: string,
  bert: Bert,
  {
    model,
    calibration,
    heldOut,
    threads,
    signal,
    onProgress = () => {},
  }: Options & { model: Model; calibration: readonly Int32Array[]; heldOut: readonly Int32Array[] },
): Promise<Matrix> {
  const pause = (): Promise<void> => yieldToEvents(signal);
  const { layers } = bert.shape;
  const quantized = await toInt8(bert, calibration, {
    threads,
    pause,
    onLayer: (index) => onProgress(`calibrating: layer ${index + 1} of ${layers}`, (CALIBRATION_SHARE * index) / layers),
  });
  onProgress('writing the graph', CALIBRATION_SHARE);
  await pause();
  writeTokenGraph(folder, quantized);

  // layer by layer in float32 too: a few hundred texts are not worth writing a graph of the whole
  const states = await embedded(bert, heldOut, { threads, pause });
  for (let index = 0; index < layers; index++) {
    onProgress('measuring', CALIBRATION_SHARE + ((1 - CALIBRATION_SHARE) * index) / layers);
    await throughLayer(bert, index, { states, threads, pause });
  }
  const { dims, head } = model;
  const reference = { data: new Float32Array(heldOut.length * dims), rows: heldOut.length, cols: dims };
  for (const { rows, tokens, hidden } of states) {
    const vectors = applyHead(head, hidden, { rows: rows.length, tokens, skip: 0 });
    rows.forEach((row, at) => reference.data.set(vectors.subarray(at * dims, (at + 1) * dims), row * dims));
  }
  return reference;
}

async function encodeAll(
  model: Model,
  texts: readonly Int32Array[],
  { runs, threads, signal }: Options & { runs: Transformer },
): Promise<Matrix> {
  const encoder = openTokenEncoder(model, { runs, threads, skip: 0 });
  try {
    return await orStopped(encoder.encode(texts), signal);
  } finally {
    await encoder.close();
  }
}

function fidelityOf(expected: Matrix, found: Matrix): Fidelity {
  const cosines = Array.from({ length: expected.rows }, (_, row) => cosine(rowOf(expected, row), rowOf(found, row)));
  const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  return { texts: cosines.length, meanCosine: Math.round(mean * 1e6) / 1e6, worstCosine: Math.min(...cosines) };
}

const FIDELITY = 'fidelity.json';
const MAX_FIGURES_BYTES = 10_000;

/** The figures of the graph in a folder; undefined if there is none, or only a part of it. */
function readFidelity(folder: string): Fidelity | undefined {
  try {
    const figures: unknown = JSON.parse(readRegularFile(join(folder, FIDELITY), { maxBytes: MAX_FIGURES_BYTES }).toString('utf8'));
    return fits(FIDELITY_SCHEMA, figures) && isWhole(folder) ? (figures as Fidelity) : undefined;
  } catch {
    return undefined;
  }
}

/** Different texts that are not blank, evenly spread over all of them. */
function sampleOf(texts: readonly string[]): string[] {
  const different = [...new Set(texts.filter((text) => text.trim() !== ''))];
  if (different.length >= MIN_TEXTS) return spread(different, MAX_TEXTS);
  throw new EmbedError(`Cannot calibrate with ${different.length} different texts: at least ${MIN_TEXTS} are needed`, {
    hint: 'Give a few hundred texts like those to encode, or leave --calibrate out for a sample in many languages',
  });
}

/** Token ids of texts to calibrate on, and of texts to measure on. */
function split(texts: readonly string[], read: (text: string) => TokenizedText): { calibration: Int32Array[]; heldOut: Int32Array[] } {
  const all = texts.map((text) => {
    const { ids } = read(text);
    // the special token at the end stays
    return ids.length <= MAX_TOKENS_PER_TEXT ? ids : Int32Array.of(...ids.subarray(0, MAX_TOKENS_PER_TEXT - 1), ids.at(-1)!);
  });
  const tokens = all.reduce((sum, ids) => sum + ids.length, 0);
  const taken = spread(all, Math.max(MIN_TEXTS, Math.floor((all.length * MAX_TOKENS) / tokens)));
  const heldOut = taken.filter((_, at) => at % HELD_OUT === HELD_OUT - 1);
  const calibration = taken.filter((_, at) => at % HELD_OUT !== HELD_OUT - 1);
  // a blank text has only special tokens, which is true of no other text
  return { calibration: [...calibration, read('').ids], heldOut };
}

/** At most `count` items, evenly spread. */
function spread<Item>(items: readonly Item[], count: number): Item[] {
  const taken = Math.min(count, items.length);
  return Array.from({ length: taken }, (_, at) => items[Math.floor((at * items.length) / taken)]!);
}
