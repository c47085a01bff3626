import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { EmbedError } from '../../../errors.ts';
import { isFolder } from '../../../files/disk.ts';
import { assertDistinct, assertMayWrite, assertNotRead, assertWritable } from '../../../files/output-file.ts';
import { formatOf, type Format } from '../../../input/formats.ts';
import { reportPaths } from '../../../report/report-target.ts';
import type { Input } from '../../../sets/input.ts';
import { setPaths } from '../../../vectors/manifest.ts';
import { isNpyPath } from '../../../vectors/npy.ts';

/** Where the records of each input go: a file, "-" for standard output, or undefined for nowhere. */
export type SplitPlan = {
  vectors: boolean;
  targets: { kept: string | undefined; dropped: string | undefined }[];
  /** Makes missing folders. */
  begin(): void;
  /** Removes the folders that `begin` made, if they are empty. */
  abandon(): void;
  assertNone(read: readonly string[]): void;
};

type SplitFlags = { output?: string; dropped?: string; report?: string[]; overwrite?: true };

/**
 * Decides, before anything is encoded, which files kept and dropped records go to.
 *
 * @param read files that the command line says are read
 */
export function planSplit(inputs: readonly Input[], flags: SplitFlags, { read }: { read: readonly string[] }): SplitPlan | undefined {
  const { output, dropped } = flags;
  if (output === undefined && dropped === undefined) return undefined;
  const vectors = inputs.length === 1 && inputs[0]!.kind === 'set';
  const folders = new Set<string>();
  const targetsOf = (target: string | undefined, name: string): (string | undefined)[] => {
    if (target === undefined) return inputs.map(() => undefined);
    const folder = inputs.length > 1 || namesFolder(target);
    if (folder && target === '-') {
      throw new EmbedError(`Cannot write ${inputs.length} files to standard output`, { hint: `Name a folder with ${name}` });
    }
    if (!folder) {
      assertForm(target, inputs[0]!, { name });
      return [target];
    }
    const there = statSync(target, { throwIfNoEntry: false });
    if (!there && !target.endsWith('/') && hasKnownSuffix(target)) {
      throw new EmbedError(`Cannot write ${inputs.length} files to ${target}: it has the name of a file`, {
        hint: `Name a folder, for example ${name} ${target.replace(/\.[^/]*$/, '')}/`,
      });
    }
    if (there?.isFile() === true) {
      throw new EmbedError(`Cannot write ${inputs.length} files to ${target}: it is a file`, { hint: `Name a folder with ${name}` });
    }
    folders.add(target.replace(/\/+$/, '') || '/');
    return inputs.map(({ kind, path }) => join(target, kind === 'pipe' ? 'stdin.txt' : basename(path)));
  };
  const kept = targetsOf(output, '-o');
  const gone = targetsOf(dropped, '--dropped');
  const paths = [...kept, ...gone].filter((path) => path !== undefined);
  if (paths.filter((path) => path === '-').length > 1) {
    throw new EmbedError('Cannot write both kept and dropped rows to standard output', { hint: 'Name a file for one of them' });
  }
  const files = paths.filter((path) => path !== '-').flatMap((path) => (vectors ? Object.values(setPaths(path)) : [path]));
  assertDistinct([...files, ...reportPaths(flags.report)], '-o, --dropped and --report, and inputs of different names');
  assertNotRead(files, read);
  // a folder that is not made yet has no files to replace
  for (const file of files)
    if (!folders.has(dirname(file)) || existsSync(dirname(file))) assertWritable(file, { overwrite: flags.overwrite === true });
  for (const folder of folders) assertMayWrite(firstMissing(folder));
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
          // not empty
        }
      }
    },
    assertNone: (more) => assertNotRead(files, more),
  };
}

/** A path in the innermost folder that exists on the way to `folder`. */
function firstMissing(folder: string): string {
  const above = dirname(folder);
  return existsSync(folder) ? join(folder, 'file') : existsSync(above) ? folder : firstMissing(above);
}

function namesFolder(path: string): boolean {
  return path.endsWith('/') || isFolder(path);
}

/** Refuses a target of another format: records are copied as they are. */
function assertForm(target: string, input: Input, { name }: { name: string }): void {
  const { kind, path } = input;
  if (target === '-') {
    if (kind !== 'set') return;
    throw new EmbedError('Cannot write vectors to standard output', { hint: `Name a .npy file with ${name}` });
  }
  if (kind === 'pipe' || suffix(target) === suffix(path)) return;
  const wanted = input.kind === 'set' ? undefined : input.format;
  if (wanted !== undefined && knownFormat(target) === wanted) return;
  const form = kind === 'set' ? '.npy' : suffix(path) || wanted!;
  throw new EmbedError(`Cannot write ${target}: ${name} copies rows of ${path} as they are`, {
    hint: `Name a file that ends in ${form}${kind === 'set' ? '' : '; --format and --report give the verdicts in other formats'}`,
  });
}

function suffix(path: string): string {
  return extname(path.replace(/\.gz$/i, '')).toLowerCase();
}

function hasKnownSuffix(path: string): boolean {
  return isNpyPath(path) || knownFormat(path) !== undefined;
}

function knownFormat(path: string): Format | undefined {
  try {
    return formatOf(path);
  } catch {
    return undefined;
  }
}
