import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { CliError } from '../../../errors.ts';
import { isFolder } from '../../../files/disk.ts';
import { assertDistinct, assertNotRead, assertWritable } from '../../../files/output-file.ts';
import { formatOf } from '../../../input/formats.ts';
import type { Format } from '../../../input/records.ts';
import { setPaths } from '../../../vectors/manifest.ts';

/** Where the records of each input go; "-" is standard output, undefined nowhere. */
export type SplitPlan = {
  vectors: boolean;
  targets: { kept: string | undefined; dropped: string | undefined }[];
  /** Makes folders that are not there yet. */
  begin(): void;
  /** Takes empty folders away that `begin` has made. */
  abandon(): void;
  assertNone(read: readonly string[]): void;
};

type SplitFlags = { output?: string; dropped?: string; report?: string[]; overwrite?: true; inputFormat?: Format };

/**
 * Settles, before anything is encoded, which files kept and dropped records go to.
 *
 * @param read files that are read, as far as the command line tells
 */
export function planSplit(inputs: readonly string[], flags: SplitFlags, { read }: { read: readonly string[] }): SplitPlan | undefined {
  const { output, dropped } = flags;
  if (output === undefined && dropped === undefined) return undefined;
  const vectors = inputs.length === 1 && /\.npy$/i.test(inputs[0]!);
  const folders = new Set<string>();
  const targetsOf = (target: string | undefined, name: string): (string | undefined)[] => {
    if (target === undefined) return inputs.map(() => undefined);
    const folder = inputs.length > 1 || namesFolder(target);
    if (folder && target === '-') {
      throw new CliError(`Cannot write ${inputs.length} files to standard output`, { hint: `Name a folder with ${name}` });
    }
    if (!folder) {
      assertForm(target, inputs[0]!, { vectors, name, flags });
      return [target];
    }
    const there = statSync(target, { throwIfNoEntry: false });
    if (!there && !target.endsWith('/') && knownForm(target)) {
      throw new CliError(`Cannot write ${inputs.length} files to ${target}: it is called like a file`, {
        hint: `Name a folder, for example ${name} ${target.replace(/\.[^/]*$/, '')}/`,
      });
    }
    if (there?.isFile() === true) {
      throw new CliError(`Cannot write ${inputs.length} files to ${target}: it is a file`, { hint: `Name a folder with ${name}` });
    }
    folders.add(target.replace(/\/+$/, '') || '/');
    return inputs.map((input) => join(target, input === '-' ? 'stdin.txt' : basename(input)));
  };
  const kept = targetsOf(output, '-o');
  const gone = targetsOf(dropped, '--dropped');
  const paths = [...kept, ...gone].filter((path) => path !== undefined);
  if (paths.filter((path) => path === '-').length > 1) {
    throw new CliError('Cannot write kept and dropped rows to standard output both', { hint: 'Name a file for one of them' });
  }
  const files = paths.filter((path) => path !== '-').flatMap((path) => (vectors ? Object.values(setPaths(path)) : [path]));
  assertDistinct([...files, ...(flags.report ?? [])], '-o, --dropped and --report, and inputs that are not called the same');
  assertNotRead(files, read);
  // files in a folder that is made for them cannot be there
  for (const file of files)
    if (!folders.has(dirname(file)) || existsSync(dirname(file))) assertWritable(file, { overwrite: flags.overwrite === true });
  const made: string[] = [];
  return {
    vectors,
    targets: inputs.map((_, at) => ({ kept: kept[at], dropped: gone[at] })),
    begin() {
      for (const folder of folders) {
        if (statSync(folder, { throwIfNoEntry: false })) continue;
        mkdirSync(folder, { recursive: true });
        made.push(folder);
      }
    },
    abandon() {
      for (const folder of made) {
        try {
          rmdirSync(folder);
        } catch {
          // something is in it
        }
      }
    },
    assertNone: (more) => assertNotRead(files, more),
  };
}

function namesFolder(path: string): boolean {
  return path.endsWith('/') || isFolder(path);
}

/** Records are copied as they are, so that the output has the form of the input. */
function assertForm(
  target: string,
  input: string,
  { vectors, name, flags: { inputFormat } }: { vectors: boolean; name: string; flags: SplitFlags },
): void {
  if (target === '-') {
    if (!vectors) return;
    throw new CliError('Cannot write vectors to standard output', { hint: `Name a .npy file with ${name}` });
  }
  if (input === '-' || suffix(target) === suffix(input)) return;
  const wanted = vectors ? undefined : (inputFormat ?? formatOf(input));
  if (wanted !== undefined && knownFormat(target) === wanted) return;
  const form = vectors ? '.npy' : suffix(input) || wanted!;
  throw new CliError(`Cannot write ${target}: ${name} copies rows of ${input} as they are`, {
    hint: `Name a file that ends in ${form}${vectors ? '' : '; --format and --report print what was found in other forms'}`,
  });
}

function suffix(path: string): string {
  return extname(path.replace(/\.gz$/i, '')).toLowerCase();
}

function knownForm(path: string): boolean {
  return /\.npy$/i.test(path) || knownFormat(path) !== undefined;
}

function knownFormat(path: string): Format | undefined {
  try {
    return formatOf(path);
  } catch {
    return undefined;
  }
}
