import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EmbedError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { shellWord } from '../text.ts';
import { readManifest } from '../vectors/manifest-file.ts';
import { openSet, type VectorSet } from '../vectors/set-reader.ts';
import { healNames } from '../vectors/work-folder.ts';
import { encodeWords, modelOptionNames, type EncodeFlags } from './flags.ts';
import type { Input } from './input.ts';
import type { EncodeJob } from './job.ts';
import type { Like } from './like.ts';
import { areComparable, originOfSet } from './origin.ts';
import { identityOf, planEncode } from './plan.ts';
import type { Run } from './run.ts';
import { modelDifferences } from './set-differences.ts';
import { differenceOf, namesInputs } from './up-to-date.ts';

/** A set of a corpus that is up to date. `model` is undefined where the set is of another model than the run would take. */
export type FoundSet = { set: VectorSet; model: Model | undefined; note: string };

/** A set of the corpus that is not used: a note that says why, and its path where its vectors hold for texts that are unchanged. */
export type UnusedSet = { unused: string; reusable?: string };

type Finding = {
  /** The options of `encode` among those of the command. */
  encodeFlags: EncodeFlags;
  job: EncodeJob;
  /** Vectors that those of the set must be comparable with. */
  like: Like | undefined;
  run: Run;
};

/**
 * Looks for a set of the corpus that is up to date: first the one that `encode` would write, then the one of that name beside the
 * corpus. Where no option says which model, a set of any model will do, unless it must be like others. What is compared is what was opened: another run may replace
 * the files in the meantime.
 *
 * @returns the open set, or a note that says why a set of this corpus is not used; undefined where there is none
 */
export async function findSet(input: Input, finding: Finding): Promise<FoundSet | UnusedSet | undefined> {
  if (!statSync(input.path, { throwIfNoEntry: false })?.isFile()) return undefined;
  const { output } = finding.job.plan;
  const beside = join(dirname(input.path), basename(output));
  let unused: UnusedSet | undefined;
  for (const npyPath of resolve(beside) === resolve(output) ? [output] : [output, beside]) {
    const found = await compareSet(npyPath, input, finding);
    if (found && 'set' in found) return found;
    unused ??= found;
  }
  return unused;
}

async function compareSet(
  npyPath: string,
  input: Input,
  { encodeFlags, job, like, run }: Finding,
): Promise<FoundSet | UnusedSet | undefined> {
  const { files } = planEncode([input], { ...encodeFlags, output: npyPath }, { terminal: false });
  const identity = identityOf({ ...job.plan, files }, job.model, { prompt: job.prompt, text: true });
  healNames(npyPath);
  const written = readManifest(npyPath);
  if (!written || !namesInputs(written, npyPath, files)) return undefined;
  const unused = (why: string, remedy: string): UnusedSet => ({ unused: `note: ${npyPath} is not used: ${why}; ${remedy}` });
  const renewal = (models: readonly string[]): string => {
    if (models.length > 0) return `to renew it, encode ${input.path} again with ${models.join(', ')}`;
    const named = npyPath === job.plan.output ? '' : ` -o ${shellWord(npyPath)}`;
    return `to renew it: embed encode ${encodeWords(input.path, encodeFlags)}${named}`;
  };
  let set: VectorSet;
  try {
    set = openSet(npyPath);
  } catch (error) {
    if (!(error instanceof EmbedError)) throw error;
    return unused(error.message.replace(/^.*?: /, ''), renewal(modelDifferences(written, identity)));
  }
  let used = false;
  try {
    const { manifest } = set;
    if (!manifest || !namesInputs(manifest, npyPath, files)) return undefined;
    const named = modelOptionNames(encodeFlags);
    const difference = await differenceOf(manifest, { files, identity, anyModel: named.length === 0, signal: run.signal });
    const models = modelDifferences(manifest, identity);
    switch (difference?.kind) {
      case 'reading':
        return unused(difference.why, `to use it as it is, give ${shellWord(npyPath)} in the place of ${shellWord(input.path)}`);
      case 'model':
        return unused(difference.why, `to use it, leave ${named.join(' and ')} out`);
      case 'version':
        return unused(difference.why, renewal(models));
      case 'input':
        return { ...unused(difference.why, renewal(models)), ...(models.length === 0 ? { reusable: npyPath } : {}) };
      case undefined:
        // forced, vectors of the default model are compared with any others
        const isLike = like?.origin === undefined || areComparable(like.origin, originOfSet(set)!);
        if (like && named.length === 0 && !(encodeFlags.force && models.length === 0) && !(isLike && like.dims === set.vectors.cols)) {
          return unused(
            `it was made with ${models.join(', ')}`,
            like.origin ? `${like.name} is of the model ${like.origin.name}` : `the vectors of ${like.name} have ${like.dims} dims`,
          );
        }
        used = true;
        return {
          set,
          model: models.length > 0 ? undefined : job.model,
          note: `using ${npyPath}, which is up to date${inBrackets(models)}`,
        };
    }
  } finally {
    if (!used) set.close();
  }
}

function inBrackets(words: readonly string[]): string {
  return words.length > 0 ? ` (${words.join(', ')})` : '';
}
