import { EmbedError } from '../errors.ts';
import { isFolder } from '../files/disk.ts';
import { formerFolder, putBackFolder, putBackNote } from '../files/folder-leftovers.ts';
import { readCorpus } from '../input/corpus.ts';
import { openSource } from '../input/source.ts';
import { customModel } from '../model/custom/encoder.ts';
import { loadModel, readFolder } from '../model/folder/folder.ts';
import { parseHubName } from '../model/hub/cache.ts';
import { locateModel } from '../model/hub/hub.ts';
import { toInt8Model } from '../model/int8/int8-model.ts';
import type { Model } from '../model/model.ts';
import { abilitiesOf } from '../model/open-encoder.ts';
import { packagedFolder } from '../model/packaged.ts';
import { withDims, withPooling } from '../model/variant.ts';
import { megabytes, plural } from '../text.ts';
import { defaultCorpus, type ModelFlags } from './flags.ts';
import type { Run } from './run.ts';

/** The model that the options name, in the variant they ask for. A published model that is not in the cache is downloaded. */
export async function openModel(flags: ModelFlags, run: Run): Promise<Model> {
  if (flags.encoder) return customModel(flags.encoder);
  const model = flags.model === undefined ? loadModel() : await namedModel(flags.model, flags, run);
  const variant = await variantOf(model, flags, run);
  if (variant.dims < model.dims && model.shortens !== true && !told.has(run)) {
    told.add(run);
    run.note(
      `note: nothing in the files of ${model.name} says that it was trained for shorter vectors (Matryoshka); ` +
        `cut to ${variant.dims} of ${model.dims} dims, they may tell texts apart less well`,
    );
  }
  return variant;
}

/** Runs that have been told of a cut: several inputs have one model. */
const told = new WeakSet<Run>();

/** A model with the pooling, precision and dims that were asked for. */
export async function variantOf(model: Model, flags: ModelFlags, run: Run): Promise<Model> {
  const { pooling, precision, dims, calibrate } = flags;
  const pooled = withPooling(model, pooling);
  const { noProducts } = abilitiesOf(model);
  if (calibrate !== undefined && noProducts !== undefined) {
    throw new EmbedError(`Cannot calibrate ${model.name} with ${calibrate}: ${noProducts}`, { hint: 'Leave --calibrate out' });
  }
  if (precision === 'int8') return withDims(await inInt8(pooled, flags, run), dims);
  if (calibrate !== undefined) {
    throw new EmbedError(`Cannot calibrate ${model.name} with ${calibrate}: only int8 is calibrated`, {
      hint: 'Say --precision int8 as well',
    });
  }
  if (precision === 'fp32' && model.precision === 'int8') {
    throw new EmbedError(`Cannot give float32 vectors of ${model.name}: its weights are in int8`, {
      hint: model.revision === null ? 'Leave --precision out' : `Name the published model: --model ${model.revision}`,
    });
  }
  return withDims(pooled, dims);
}

/** The model in int8, calibrated unless that has been done. After a calibration, a note gives the cosines to float32. */
async function inInt8(model: Model, { calibrate }: ModelFlags, run: Run): Promise<Model> {
  const texts = calibrate === undefined ? undefined : await readSample(calibrate, run);
  const progress = run.progress();
  let built = false;
  const onProgress = (text: string, fraction: number): void => {
    built = true;
    progress.show(text, fraction);
  };
  try {
    const { signal } = run;
    const { model: small, fidelity } = await toInt8Model(model, { texts, threads: run.threads, signal, onProgress });
    // only after a calibration: later on, models show has the figures
    if (fidelity && built)
      progress.say(
        `int8: mean cosine ${fidelity.meanCosine.toFixed(4)} to float32, worst ${fidelity.worstCosine.toFixed(4)}, over ${plural(fidelity.texts, 'text')}`,
      );
    return fidelity ? { ...small, fidelity } : small;
  } finally {
    progress.stop();
  }
}

/** Rows of a corpus that are read for calibration; a few thousand of them are used. */
const SAMPLE_ROWS = 100_000;

async function readSample(path: string, run: Run): Promise<string[]> {
  if (path === '-') throw new EmbedError('Cannot calibrate with standard input', { hint: 'Put the texts into a file' });
  const texts: string[] = [];
  for await (const batch of readCorpus(openSource(path, run), defaultCorpus(path))) {
    for (const { text } of batch) texts.push(text);
    if (texts.length >= SAMPLE_ROWS) break;
  }
  return texts;
}

/**
 * Loads the model of a name: a folder, else a packaged model, else a published one.
 *
 * @param update asks the hub even where the cache has the model
 */
export async function namedModel(
  name: string,
  { pooling, force }: ModelFlags,
  run: Run,
  { update = false }: { update?: boolean } = {},
): Promise<Model> {
  findFolder(name, run);
  const published = isFolder(name) || packagedFolder(name) !== undefined ? undefined : parseHubName(name);
  if (!published) return loadModel(name, { pooling, force });
  const progress = run.progress();
  try {
    const { folder, commit } = await locateModel(published, {
      signal: run.signal,
      update,
      force: force === true,
      onProgress: (file, done, total) => progress.show(`${megabytes(done)} of ${megabytes(total)} of ${file}`, done / (total || 1)),
      note: (text) => progress.say(text),
    });
    return readFolder(folder, published.id, { revision: commit, pooling, force });
  } finally {
    progress.stop();
  }
}

/** Puts a model's folder back that a killed run of distill has moved aside. Else its name could stand for another model. */
function findFolder(name: string, run: Run): void {
  if (isFolder(name)) return;
  if (putBackFolder(name)) return run.note(putBackNote(name));
  const former = packagedFolder(name) === undefined ? formerFolder(name) : undefined;
  if (former === undefined) return;
  throw new EmbedError(`Cannot find the model "${name}": a run that was replacing it seems to have left it as ${former}`, {
    hint: 'If you know whose folder that is, give it its name back; else delete it',
  });
}
