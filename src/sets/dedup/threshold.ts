import { MIN_BACKGROUND_ROWS, sampleBackground, suggestMinCosine } from '../../analysis/duplicates/background.ts';
import { EmbedError } from '../../errors.ts';
import { isFolder } from '../../files/disk.ts';
import { loadModel, readFolder } from '../../model/folder/folder.ts';
import type { Model } from '../../model/model.ts';
import { packagedFolder } from '../../model/packaged.ts';
import type { OpenedInput } from '../opened-input.ts';
import type { OpenedCorpus } from './rows.ts';
import type { DedupRun, Settled, Threshold } from './settings.ts';

/** Figures measured for a model: its minimum cosine of a near-duplicate, and the scripts it holds for. */
export type Measured = { minCosine: number; scripts: readonly string[] | undefined };

/**
 * The threshold that was asked for, else the one measured for the model; "auto" takes it from how similar random rows are.
 *
 * @param rows rows that are judged
 * @throws EmbedError where there is no threshold
 */
export async function settleThreshold(
  { opened, name }: Pick<OpenedCorpus, 'opened' | 'name'>,
  rows: Int32Array,
  {
    minCosine,
    measured,
    seed,
    threads,
    onBackground,
  }: Pick<Settled, 'minCosine' | 'seed' | 'threads'> & { measured: Measured | undefined } & Pick<DedupRun, 'onBackground'>,
): Promise<Threshold> {
  if (typeof minCosine === 'number') return { minCosine, from: 'given' };
  if (minCosine === undefined && measured) return { minCosine: measured.minCosine, from: 'model' };
  const background = await sampleBackground(opened.set.vectors, rows, { seed, threads, name });
  const suggestion = suggestMinCosine(background, { rows: rows.length });
  const few = background.rows < MIN_BACKGROUND_ROWS;
  if (!few) onBackground?.(background);
  if (minCosine === undefined) throw noThreshold({ opened, name }, { few, suggestion });
  if (suggestion !== undefined) return { minCosine: suggestion, from: 'auto' };
  throw new EmbedError(
    few
      ? `Cannot choose --min-cosine for ${name}: ${background.rows} rows are too few to see how similar unrelated rows are`
      : `Cannot choose --min-cosine for ${name}: random pairs are so similar that no cosine separates duplicates from them`,
    { hint: 'Look at the closest pairs with --pairs -n 20, then give --min-cosine X' },
  );
}

function noThreshold(
  { opened, name }: Pick<OpenedCorpus, 'opened' | 'name'>,
  { few, suggestion }: { few: boolean; suggestion: number | undefined },
): EmbedError {
  const model = opened.set.manifest?.model?.name;
  const why =
    model === undefined
      ? 'nothing says which model its vectors are from'
      : `no threshold was measured for the model ${model} as it was used here`;
  const above = few ? '' : ', well above what random pairs reach';
  const auto = suggestion === undefined ? '' : ` (auto would take ${suggestion})`;
  return new EmbedError(`Cannot tell near-duplicates in ${name} without --min-cosine: ${why}`, {
    hint: `Give --min-cosine X${above}${auto}; see the closest pairs with --pairs -n 20`,
  });
}

/**
 * The threshold that was measured for the model of an input; undefined where none was, or the model was used otherwise.
 *
 * @param asked the model that the caller names
 */
export function measuredFor(opened: OpenedInput, asked: string | undefined): Measured | undefined {
  const build = measuredModel(opened, asked)?.build;
  return build?.duplicates && { minCosine: build.duplicates.minCosine, scripts: build.scripts };
}

/** The model that a set was encoded with, as it was measured; undefined if it is not here, or was used with other settings than its own. */
export function measuredModel({ set: { manifest }, model }: OpenedInput, asked: string | undefined): Model | undefined {
  // a threshold does not hold for shortened vectors
  if (model) return model.head.steps.at(-1)?.kind === 'cut' ? undefined : model;
  const own = manifest?.model;
  const name = asked ?? own?.name;
  // packaged models have a threshold, and a folder may have one if the user names it
  const here = name !== undefined && (packagedFolder(name) !== undefined || (asked !== undefined && isFolder(name)));
  if (!own || !here) return undefined;
  const pooling = own.pooling === 'cls' ? 'cls' : 'mean';
  // a name from a manifest never stands for a folder here
  const known = asked === undefined ? readFolder(packagedFolder(name)!, name) : loadModel(name, { pooling, force: true });
  return known.hash === own.hash && known.pooling === own.pooling && known.dims === manifest.dims ? known : undefined;
}
