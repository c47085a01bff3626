import { MIN_BACKGROUND_ROWS, sampleBackground, suggestMinCosine, type Background } from '../../analysis/duplicates/background.ts';
import { CliError } from '../../errors.ts';
import { isFolder } from '../../files/disk.ts';
import { allowedThreads, printNote, type Io } from '../../io.ts';
import { loadModel, readFolder } from '../../model/folder/folder.ts';
import type { Model } from '../../model/model.ts';
import { packagedFolder } from '../../model/packaged.ts';
import type { OpenedInput } from '../../sets/open-input.ts';
import { grouped } from '../../text.ts';
import type { DedupFlags } from './flags.ts';

/** The cosine from which on rows are near-duplicates, and where it comes from. */
export type Threshold = { minCosine: number; from: 'given' | 'model' | 'auto' };

/**
 * The threshold that was asked for, else the one measured for the model; "auto" takes it from how similar random rows are.
 *
 * @param rows rows that are judged
 * @throws CliError with the background, where nothing says a threshold
 */
export async function settleThreshold(
  opened: OpenedInput,
  rows: Int32Array,
  { flags, name, io }: { flags: DedupFlags; name: string; io: Io },
): Promise<Threshold> {
  const { minCosine } = flags;
  if (typeof minCosine === 'number') return { minCosine, from: 'given' };
  const own = measuredFor(opened, flags);
  if (own !== undefined) return { minCosine: own.minCosine, from: 'model' };
  const background = await sampleBackground(opened.set.vectors, rows, {
    seed: flags.seed,
    threads: flags.threads ?? allowedThreads(),
    name,
  });
  const suggestion = suggestMinCosine(background, { rows: rows.length });
  if (background.rows >= MIN_BACKGROUND_ROWS) for (const line of backgroundLines(background)) printNote(io.stderr, line);
  if (minCosine !== 'auto') {
    const model = opened.set.manifest?.model?.name;
    throw new CliError(
      `Cannot tell from which cosine on rows of ${name} are duplicates: ${model === undefined ? 'nothing says which model its vectors are of' : `none was measured for the model ${model} as it was used here`}`,
      {
        hint: `Say --min-cosine X${background.rows < MIN_BACKGROUND_ROWS ? '' : ', well above what random pairs reach'}${suggestion === undefined ? '' : ` (auto would take ${suggestion})`}; look at some with --pairs -n 20`,
      },
    );
  }
  if (suggestion === undefined) {
    throw new CliError(
      background.rows < MIN_BACKGROUND_ROWS
        ? `Cannot choose --min-cosine for ${name}: ${background.rows} rows are too few to see what is usual`
        : `Cannot choose --min-cosine for ${name}: random pairs are so similar that nothing separates duplicates from them`,
      { hint: 'Look at the closest pairs with --pairs -n 20, and say --min-cosine X' },
    );
  }
  printNote(io.stderr, `--min-cosine auto takes ${suggestion}; to keep it, say --min-cosine ${suggestion}`);
  return { minCosine: suggestion, from: 'auto' };
}

/** The threshold that was measured for the model, and the scripts it was measured for; undefined where it is not what counts. */
export function measuredFor(
  opened: OpenedInput,
  flags: DedupFlags,
): { minCosine: number; scripts: readonly string[] | undefined } | undefined {
  if (flags.minCosine !== undefined || (flags.pairs && flags.top !== undefined)) return undefined;
  const build = modelOf(opened, flags.model)?.build;
  return build?.duplicates && { minCosine: build.duplicates.minCosine, scripts: build.scripts };
}

/** The model that a set is of, where it is at hand and was used as it is. */
function modelOf({ set: { manifest }, model }: OpenedInput, asked: string | undefined): Model | undefined {
  // a threshold does not hold for part of a vector
  if (model) return model.head.steps.at(-1)?.kind === 'cut' ? undefined : model;
  const own = manifest?.model;
  const name = asked ?? own?.name;
  // a threshold comes with the models that we built; a folder has to be named
  const here = name !== undefined && (packagedFolder(name) !== undefined || (asked !== undefined && isFolder(name)));
  if (!own || !here) return undefined;
  const pooling = own.pooling === 'cls' ? 'cls' : 'mean';
  // nothing in the folder one is in stands for what was not named
  const known = asked === undefined ? readFolder(packagedFolder(name)!, name) : loadModel(name, { pooling, force: true });
  return known.hash === own.hash && known.pooling === own.pooling && known.dims === manifest.dims ? known : undefined;
}

const LEVELS = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98];

function backgroundLines(background: Background): string[] {
  const lines = LEVELS.map((level) => {
    const { hits, value, low, high } = background.share(level);
    const range = low === 0 ? `95 %: at most ${oneIn(high)}` : `95 %: ${oneIn(high)} to ${oneIn(low)}`;
    return `  ${level.toFixed(2)}  ${hits === 0 ? 'none seen' : oneIn(value)} (${range})`;
  });
  return [
    `random pairs at or above a cosine, among ${grouped(background.rows)} rows drawn (${grouped(background.pairs)} pairs):`,
    ...lines,
  ];
}

function oneIn(share: number): string {
  return share === 0 ? 'never' : `1 in ${grouped(Number((1 / share).toPrecision(2)))}`;
}
