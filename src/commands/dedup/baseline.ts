import { statSync } from 'node:fs';
import { EmbedError } from '../../errors.ts';
import { assertNotRead, assertWritable, openOutputFile, sameFile } from '../../files/output-file.ts';
import { damageOf, readBaseline, type Baseline } from '../../sets/dedup/baseline/file.ts';
import type { KnownDuplicates } from '../../sets/dedup/baseline/book.ts';
import { grouped, plural } from '../../text.ts';
import type { DedupFlags } from './flags.ts';

/** The file of --baseline, read, and found to be writable where it is to be written. */
export type BaselineFile = {
  baseline: Baseline & { update: boolean };
  /** Refuses files that are read, and become known later. */
  assertNone(read: readonly string[]): void;
  /** Writes what was found, and tells of it; without --update-baseline, tells of entries that are gone. */
  finish(known: KnownDuplicates, how: { inconclusive: boolean; note: (text: string) => void }): void;
};

/**
 * Reads the file of --baseline.
 *
 * @param read files that the command reads
 */
export function openBaseline(
  { baseline: path, updateBaseline }: DedupFlags,
  { read }: { read: readonly string[] },
): BaselineFile | undefined {
  if (path === undefined) return undefined;
  const update = updateBaseline === true;
  const input = read.find((one) => one !== '-' && sameFile(one, path));
  if (input !== undefined || path === '-') {
    throw new EmbedError(`Cannot use ${path} as a baseline: ${input === undefined ? 'standard input is not a file' : 'it is an input'}`, {
      hint: 'Name a file of its own for the duplicates that are known',
    });
  }
  if (update) assertWritable(path, { overwrite: true });
  const baseline = { ...readBaseline(path, { update }), update };
  const overwrite = statSync(path, { throwIfNoEntry: false }) !== undefined;
  return {
    baseline,
    assertNone: (files) => update && assertNotRead([path], files),
    finish({ entries, gone, update: change }, { inconclusive, note }) {
      if (!change) {
        if (gone > 0) note(`note: ${goneInWords(gone, path)}; --update-baseline removes ${gone === 1 ? 'it' : 'them'}`);
        return;
      }
      if (inconclusive) return note(`note: ${path} is not written: nothing could be compared`);
      const damage = damageOf(baseline);
      if (damage !== undefined) note(damage);
      const all = plural(entries, 'entry');
      if (change.text === baseline.text) return note(`${path} is up to date: ${all}`);
      const file = openOutputFile(path, { overwrite });
      try {
        file.write(Buffer.from(change.text));
        file.finish();
      } finally {
        file.abandon();
      }
      const kept = entries - change.added;
      note(`wrote ${path}: ${all} (${grouped(change.added)} added, ${grouped(change.removed)} removed, ${grouped(kept)} kept)`);
    },
  };
}

function goneInWords(gone: number, path: string): string {
  return `${plural(gone, 'entry')} of ${path} no longer ${gone === 1 ? 'occurs' : 'occur'}`;
}
