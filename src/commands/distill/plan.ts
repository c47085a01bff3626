import { accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { isFolder } from '../../files/disk.ts';
import { fileSize } from '../../input/source.ts';
import { MODEL_FILES } from '../../model/static/write.ts';
import { parseInput, type Input } from '../../sets/input.ts';
import { isNpyPath } from '../../vectors/npy.ts';
import type { DistillFlags } from './flags.ts';
import { MADE_BY } from './outcome.ts';

/** The files that a run reads and writes. */
export type DistillPlan = {
  /** The vector sets among TEXTS, and the corpora. */
  sets: string[];
  corpora: Input[];
  /** The folder of the model, and that of the teacher's vectors, which is removed at the end. */
  folder: string;
  work: string;
};

/** Decides what is read and written, before anything is computed. */
export function planDistill(inputs: readonly string[], flags: DistillFlags): DistillPlan {
  const { pairs = [], eval: evals = [], texts, tokenizer, teacher } = flags;
  const sets = inputs.filter(isNpyPath);
  const folder = outputFolder(flags);
  const work = `${folder}.teacher`;
  if (flags.output === '-') {
    throw new EmbedError('Cannot write a model to standard output: it is a folder', { hint: 'Name a folder with -o' });
  }
  const files = [...inputs, ...pairs, ...evals, ...(texts === undefined ? [] : [texts])].filter((path) => path !== '-');
  const read = [...files, ...[tokenizer, teacher].filter((path) => path !== undefined)];
  for (const path of read) {
    if (isWithin(path, work)) {
      throw new EmbedError(`Cannot write ${flags.output}: ${path} is read, and lies in ${work}, which is removed at the end`, {
        hint: 'Name another folder with -o, or give the texts themselves: their vectors there are used',
      });
    }
    if (!isWithin(path, folder)) continue;
    throw new EmbedError(`Cannot write ${flags.output}: ${path} is read, and would be replaced`, { hint: 'Name another folder with -o' });
  }
  for (const path of files) fileSize(path);
  assertOnce(inputs, 'corpus');
  assertOnce(pairs, 'file of pairs');
  if (texts !== undefined && (inputs.length > 1 || sets.length === 0)) {
    throw new EmbedError(`Cannot take texts from ${texts}: --texts belongs to a single .npy`, {
      hint: sets.length === 0 ? 'Leave --texts out: a corpus has its own' : 'Give the files of texts themselves, beside their sets',
    });
  }
  assertReplaceable(folder, { overwrite: flags.overwrite === true });
  const corpora = inputs.filter((path) => !isNpyPath(path)).map((path) => parseInput(path, flags));
  return { sets, corpora, folder, work };
}

/** The folder of the model, without a slash at its end. */
export function outputFolder({ output }: DistillFlags): string {
  return output.replace(/(?<=.)[/\\]+$/, '');
}

/** Whether a path is this folder, or lies in it. */
function isWithin(path: string, folder: string): boolean {
  const [inner, outer] = [path, folder].map((one) => (existsSync(one) ? realpathSync(one) : resolve(one)));
  return inner === outer || inner!.startsWith(outer! + sep);
}

function assertOnce(paths: readonly string[], what: string): void {
  const twice = paths.find((path, at) => paths.findIndex((other) => resolve(other) === resolve(path)) < at);
  if (twice !== undefined) throw new EmbedError(`Cannot read ${twice} twice as a ${what}`, { hint: 'Name it once' });
}

/** Refuses to replace anything but a model of distill. */
function assertReplaceable(output: string, { overwrite }: { overwrite: boolean }): void {
  if (!existsSync(dirname(resolve(output)))) {
    throw new EmbedError(`Cannot write ${output}: there is no folder ${dirname(output)}`, { hint: 'Choose a folder that exists' });
  }
  try {
    accessSync(dirname(resolve(output)), constants.W_OK);
  } catch (cause) {
    throw new EmbedError(`Cannot write ${output}: ${dirname(output)} may not be written to`, { hint: 'Choose another folder', cause });
  }
  if (lstatSync(output, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(output)) {
    throw new EmbedError(`Cannot write ${output}: it is a link to a folder that is not there`, { hint: 'Name another folder with -o' });
  }
  if (!existsSync(output)) return;
  if (!isFolder(output)) throw new EmbedError(`Cannot write ${output}: it is a file`, { hint: 'Name another folder with -o' });
  if (isWithin('.', output)) {
    throw new EmbedError(`Cannot write ${output}: you are in that folder, and it would be replaced`, {
      hint: 'Name another folder with -o',
    });
  }
  if (overwrite || isOurs(output) || readdirSync(output).length === 0) return;
  throw new EmbedError(`Cannot write ${output}: a folder of that name exists and embed distill did not write it`, {
    hint: 'Name another folder with -o, or replace it with --overwrite',
  });
}

/** Whether distill has written all of its files. */
function isOurs(folder: string): boolean {
  try {
    if (readdirSync(folder).some((name) => !MODEL_FILES.includes(name))) return false;
    return (JSON.parse(readFileSync(join(folder, 'build.json'), 'utf8')) as { made_by?: unknown }).made_by === MADE_BY;
  } catch {
    return false;
  }
}
