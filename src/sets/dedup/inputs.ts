import { EmbedError } from '../../errors.ts';
import { assertComparable, originOfSet } from '../origin.ts';
import { ignoresOrder } from './threshold.ts';
import { readRowFacts, type OpenedCorpus, type RowFacts, type RowReading } from './rows.ts';
import { fieldsToRead } from './row-fields.ts';
import type { Settled } from './settings.ts';

/** INPUT, whose rows are judged, and every OTHER, whose rows they may repeat. */
export type OpenedSides = { own: OpenedCorpus; others: readonly OpenedCorpus[] };

/** A corpus whose rows were read through. */
export type DedupInput = OpenedCorpus & { rows: RowFacts };

/** INPUT and every OTHER, read through. Source 0 of a keeper is INPUT, sources 1 and on are the others. */
export type Sides = {
  own: DedupInput;
  others: readonly DedupInput[];
  all: readonly DedupInput[];
  at(source: number): DedupInput;
  /** Whether the model ignores the order of words, so that texts with the same words have the same vector. */
  ignoresOrder: boolean;
};

/** What settings ask to be read of each row. */
export function rowReading({ fold, differing, ...fields }: Settled): Pick<RowReading, 'fold' | 'facts' | 'label' | 'accept'> {
  return { fold, facts: differing === 'keep', ...fieldsToRead(fields) };
}

/** Reads through the rows of all inputs, which must be of one model. */
export async function readSides({ own, others }: OpenedSides, { force, ...reading }: RowReading & { force: boolean }): Promise<Sides> {
  const { fold, note } = reading;
  for (const other of others) {
    const warning = assertSameModel(own, other, { force });
    if (warning !== undefined) note(warning);
  }
  const first = { ...own, rows: await readRowFacts(own, reading) };
  if (fold !== 'none' && !first.rows.keyOf) {
    throw new EmbedError(`Cannot fold the texts of ${own.name}: it has none`, {
      hint: `Leave ${fold === 'form' ? '--fold' : '--fold-punctuation'} out, or give the texts with --texts`,
    });
  }
  const all = [first];
  for (const other of others)
    all.push({ ...other, rows: await readRowFacts(other, { ...reading, priority: { by: 'row' }, accept: undefined }) });
  return { own: first, others: all.slice(1), all, at: (source) => all[source]!, ignoresOrder: ignoresOrder(own.opened) };
}

/**
 * Refuses to compare vectors of different models.
 *
 * @returns a warning where they can be compared only at a loss, or because of `force`
 */
export function assertSameModel(
  own: Pick<OpenedCorpus, 'opened' | 'name'>,
  other: Pick<OpenedCorpus, 'opened' | 'name'>,
  { force }: { force: boolean },
): string | undefined {
  const [ours, theirs] = [own.opened.set, other.opened.set];
  if (ours.vectors.cols !== theirs.vectors.cols) {
    throw new EmbedError(
      `Cannot compare ${own.name} with ${other.name}: vectors of ${ours.vectors.cols} and ${theirs.vectors.cols} numbers`,
      { hint: 'Both must be encoded with one model' },
    );
  }
  const [a, b] = [originOfSet(ours), originOfSet(theirs)];
  // bare vectors do not say what made them
  return a && b ? assertComparable(a, b, { name: own.name, queries: other.name, force }) : undefined;
}
