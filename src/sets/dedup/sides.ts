import { EmbedError } from '../../errors.ts';
import type { OpenedInput, OpenedRows } from '../opened-input.ts';
import type { Accepts } from './baseline/marks.ts';
import { fieldsToRead } from './row-fields.ts';
import { readRowFacts, type OpenedCorpus, type RowFacts, type RowReading } from './rows.ts';
import type { Settled } from './settings.ts';

/** INPUT, whose rows are judged, and every OTHER, whose rows they may repeat; with vectors, unless only texts are compared. */
export type OpenedSides<Opened extends OpenedRows = OpenedInput> = {
  own: OpenedCorpus<Opened>;
  others: readonly OpenedCorpus<Opened>[];
};

/** A corpus whose rows were read through. */
export type DedupInput<Opened extends OpenedRows = OpenedInput> = OpenedCorpus<Opened> & { rows: RowFacts };

/** INPUT and every OTHER, read through. Source 0 of a keeper is INPUT, sources 1 and on are the others. */
export type Sides<Opened extends OpenedRows = OpenedInput> = {
  own: DedupInput<Opened>;
  others: readonly DedupInput<Opened>[];
  all: readonly DedupInput<Opened>[];
  at(source: number): DedupInput<Opened>;
  /** What a baseline accepts; undefined without one. */
  accepts?: Accepts;
};

/** Inputs whose vectors do not matter, and may not be there. */
export type TextSides = Sides<OpenedRows>;

/** What settings ask to be read of each row. */
export function rowReading(
  { fold, differing, ...fields }: Settled,
  by: RowReading['by'],
): Pick<RowReading, 'by' | 'fold' | 'facts' | 'label' | 'accept'> {
  // texts that are copies say the same in fact
  return { by, fold, facts: by === 'cosine' && differing === 'keep', ...fieldsToRead(fields) };
}

/** Reads through the rows of all inputs. */
export async function readThrough<Opened extends OpenedRows>(
  { own, others }: OpenedSides<Opened>,
  reading: RowReading,
): Promise<Sides<Opened>> {
  const { fold } = reading;
  const first = { ...own, rows: await readRowFacts(own, reading) };
  if (fold !== 'none' && !first.rows.keyOf) {
    throw new EmbedError(`Cannot fold the texts of ${own.name}: it has none`, {
      hint: `Leave ${fold === 'form' ? '--fold' : '--fold-punctuation'} out, or give the texts with --texts`,
    });
  }
  const all = [first];
  for (const other of others)
    all.push({ ...other, rows: await readRowFacts(other, { ...reading, priority: { by: 'row' }, accept: undefined }) });
  if (reading.marks) all.forEach(assertMarked);
  return { own: first, others: all.slice(1), all, at: (source) => all[source]! };
}

/** A baseline knows rows by their texts. */
function assertMarked({ rows, name }: Pick<DedupInput, 'rows' | 'name'>): void {
  if (rows.marks) return;
  throw new EmbedError(`Cannot use --baseline with ${name}: it has no texts, by which duplicates are known`, {
    hint: 'Give the corpus itself, or the texts of a bare .npy with --texts',
  });
}
