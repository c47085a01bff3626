import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { realPath, repositoryRoot } from '../files/repository-root.ts';
import type { DuplicateRecord, DuplicateSummary } from './duplicates.ts';

/** Paths as a build server or a code host takes them: from the root of the repository, whichever folder the command runs in. */
export type ReportRoot = {
  /** The path from the root, with forward slashes; absolute for a file outside of it. */
  pathOf(file: string): string;
  /** The same as a URI, percent-encoded; "file:///…" for a file outside of the root. */
  uriOf(file: string): string;
  /** A record with the paths of its row, its keeper, and the row that it copies from the root. */
  rooted(record: DuplicateRecord): DuplicateRecord;
};

export function reportRoot({ inputs, against }: Pick<DuplicateSummary, 'inputs' | 'against'>): ReportRoot {
  const here = realPath('.');
  const root = repositoryRoot(here, process.env);
  const isPiped = [...inputs, ...against].includes('-');
  const known = new Map<string, { path: string; uri: string }>();
  const placeOf = (file: string): { path: string; uri: string } => {
    let place = known.get(file);
    if (!place) {
      // the name of standard input is no path
      place = isPiped && file === 'stdin' ? { path: file, uri: file } : placeIn(root, resolve(here, file));
      known.set(file, place);
    }
    return place;
  };
  return {
    pathOf: (file) => placeOf(file).path,
    uriOf: (file) => placeOf(file).uri,
    rooted(record) {
      const { file, keeper_file: keeper, copy_of_file: copied } = record;
      return {
        ...record,
        ...(file === undefined ? {} : { file: placeOf(file).path }),
        ...(keeper === undefined ? {} : { keeper_file: placeOf(keeper).path }),
        ...(copied === undefined ? {} : { copy_of_file: placeOf(copied).path }),
      };
    },
  };
}

function placeIn(root: string, path: string): { path: string; uri: string } {
  // a link may lead into the root
  const within = [path, realPath(path)].map((one) => relative(root, one)).find((one) => !isAbsolute(one) && !/^\.\.([/\\]|$)/.test(one));
  const slashed = (within ?? path).split(sep).join('/');
  if (within === undefined) return { path: slashed, uri: pathToFileURL(path).href };
  return { path: slashed, uri: slashed.split('/').map(encodeSegment).join('/') };
}

/** Halves of a character, which only Windows has in names, have no percent-encoding. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.replace(/\p{Cs}/gu, '\ufffd'));
}
