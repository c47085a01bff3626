import { statSync } from 'node:fs';
import { EmbedError } from '../../../errors.ts';
import { readRegularFile } from '../../../files/regular-file.ts';
import { systemMessage } from '../../../system-errors.ts';
import { megabytes, plural } from '../../../text.ts';
import { distinctEntries, entryLine, entryOf, entryOfLine, type Entry } from './entries.ts';
import { headerLine, headerOf, NEWEST, versionOf, type BaselineSettings } from './header.ts';

/** Known duplicates as a file holds them. */
export type Baseline = {
  path: string;
  /** The text of the file; undefined where there is none yet. */
  text: string | undefined;
  /** What its entries were found by: several settings where two files were merged. */
  settings: readonly BaselineSettings[];
  entries: readonly Entry[];
  /** Lines that were left out because they are damaged. */
  damaged: number;
};

/** Some two million entries. */
const MAX_BYTES = 200_000_000;

/**
 * Reads a baseline. Its lines may be in any order, and there may be more than one of a kind: a merge of two files is one, too.
 *
 * @param update whether it is to be written again: then it need not be there, and lines that cannot be read are left out
 * @throws EmbedError where it is not a baseline, is damaged, or newer than this program
 */
export function readBaseline(path: string, { update }: { update: boolean }): Baseline {
  const text = textOf(path, { update });
  if (text === undefined || (text === '' && update)) return { path, text, settings: [], entries: [], damaged: 0 };
  const settings: BaselineSettings[] = [];
  const entries: Entry[] = [];
  let [number, damaged, isOurs] = [0, 0, false];
  for (const line of linesOf(text)) {
    number++;
    const written = isOurs ? entryOfLine(line) : undefined;
    if (written) entries.push(written);
    if (written || line.trim() === '') continue;
    if (MARKER.test(line)) {
      if (update) continue;
      throw unmerged(path, line, number);
    }
    const value = valueOf(line);
    const version = versionOf(value);
    isOurs ||= version !== undefined;
    if (!isOurs) throw notOurs(path);
    if (version !== undefined && version > NEWEST) throw newer(path, version);
    const header = version === undefined ? undefined : headerOf(value);
    const entry = version === undefined ? entryOf(value) : undefined;
    if (header) settings.push(header);
    else if (entry) entries.push(entry);
    else if (update) damaged++;
    else throw broken(path, number);
  }
  if (!isOurs) throw notOurs(path);
  return { path, text, settings, entries: distinctEntries(entries), damaged };
}

/** The text of a baseline: the same for the same entries and settings. */
export function baselineText(settings: BaselineSettings, entries: readonly Entry[]): string {
  return [headerLine(settings), ...distinctEntries(entries).map(entryLine)].map((line) => `${line}\n`).join('');
}

/** What git puts around the two sides of a conflict. */
const MARKER = /^(?:<{7}|={7}|>{7}|\|{7})(?: |$)/;

function* linesOf(text: string): Generator<string> {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  for (let first = start, end: number; first < text.length; first = end + 1) {
    end = text.indexOf('\n', first);
    if (end < 0) end = text.length;
    yield text.slice(first, text[end - 1] === '\r' ? end - 1 : end);
  }
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function textOf(path: string, { update }: { update: boolean }): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) {
      throw new EmbedError(`Cannot read the baseline ${path}: it has ${megabytes(size)}, more than the limit of ${megabytes(MAX_BYTES)}`, {
        hint: 'Name the file that --update-baseline wrote; drop duplicates with -o rather than accept millions of them',
      });
    }
    return readRegularFile(path, { maxBytes: MAX_BYTES }).toString('utf8');
  } catch (cause) {
    if (cause instanceof EmbedError) throw cause;
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new EmbedError(`Cannot read the baseline ${path}: ${systemMessage(cause as Error)}`, {
        hint: 'Check its path, and that you may read it',
        cause,
      });
    }
    if (update) return undefined;
    throw new EmbedError(`Cannot read the baseline ${path}: there is no such file`, {
      hint: 'Run the same command once with --update-baseline: it writes the file, with the duplicates that there are now',
      cause,
    });
  }
}

function notOurs(path: string): EmbedError {
  return new EmbedError(`Cannot use ${path} as a baseline: embed dedup has not written it`, {
    hint: 'Name the file that --update-baseline wrote, or one that is not there yet',
  });
}

function newer(path: string, version: number): EmbedError {
  return new EmbedError(`Cannot use ${path} as a baseline: it is of version ${version}, and this program knows version ${NEWEST}`, {
    hint: 'Install a newer version of embed, or write a baseline of your own with --baseline OTHER --update-baseline',
  });
}

function unmerged(path: string, line: string, number: number): EmbedError {
  return new EmbedError(`Cannot read the baseline ${path}: line ${number} is ${line.slice(0, 7)}, a merge that was not finished`, {
    hint: `Delete the lines that begin with <<<<<<<, ======= and >>>>>>>, and leave the others: both sides count. With "${path} merge=union" in .gitattributes, git does so`,
  });
}

function broken(path: string, number: number): EmbedError {
  return new EmbedError(`Cannot read the baseline ${path}: line ${number} is damaged`, {
    hint: 'Get the file again from version control, or write it again with --update-baseline',
  });
}

/** What is said of damaged lines that a new file leaves out; undefined where there are none. */
export function damageOf({ path, damaged }: Baseline): string | undefined {
  return damaged === 0
    ? undefined
    : `note: ${plural(damaged, 'line')} of ${path} could not be read and ${damaged === 1 ? 'is' : 'are'} left out`;
}
