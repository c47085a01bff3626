import { EmbedError } from '../../errors.ts';
import { assertComparable, originOfSet } from '../origin.ts';
import type { OpenedCorpus, RowReading } from './rows.ts';
import { readThrough, type OpenedSides, type Sides } from './sides.ts';

/** Reads through the rows of all inputs, which must be of one model. */
export async function readSides({ own, others }: OpenedSides, { force, ...reading }: RowReading & { force: boolean }): Promise<Sides> {
  for (const other of others) {
    const warning = assertSameModel(own, other, { force });
    if (warning !== undefined) reading.note(warning);
  }
  return readThrough({ own, others }, reading);
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
