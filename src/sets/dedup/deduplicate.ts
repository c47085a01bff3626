import { EmbedError } from '../../errors.ts';
import { openBook, type KnownDuplicates } from './baseline/book.ts';
import { linkNear } from './baseline/near-links.ts';
import { judgedOnly } from './compare.ts';
import { readSides } from './inputs.ts';
import { rowReading, type OpenedSides, type Sides, type TextSides } from './sides.ts';
import { judge } from './judge.ts';
import { parseKeep } from './keep.ts';
import { judgingOrder } from './order.ts';
import { settle, type DedupRun, type DedupSettings, type Settled, type Threshold } from './settings.ts';
import { measuredFor, settleThreshold } from './threshold.ts';
import type { Verdicts } from './verdicts.ts';

/** What became of the rows of INPUT, by which threshold, and what was compared. There is no threshold where only texts were. */
export type Deduplicated<Compared extends TextSides = TextSides> = {
  sides: Compared;
  verdicts: Verdicts;
  threshold: Threshold | undefined;
  /** What became of a baseline; undefined without one. */
  known?: KnownDuplicates | undefined;
} & Pick<Settled, 'fold' | 'within' | 'differing' | 'labelColumn'>;

/**
 * Finds the rows of INPUT that repeat others: exact copies by text, then near-duplicates by cosine, all of them. With other
 * inputs, a row is dropped where it repeats one of theirs, and where it repeats one of INPUT only with `within`. Rows that differ in fact,
 * have other labels or are accepted relate to others, too, but stay.
 *
 * The inputs stay open; nothing is written.
 */
export async function deduplicate(
  opened: OpenedSides,
  settings: DedupSettings,
  { note, onBackground, onThreshold, ...run }: DedupRun,
): Promise<Deduplicated<Sides>> {
  const settled = settle(settings);
  const { minCosine: asked, keep: which, fold, differing, labelColumn, baseline, force, model, within, seed, threads } = settled;
  const keep = parseKeep(which);
  const measured = asked === undefined ? measuredFor(opened.own.opened, model) : undefined;
  const book = baseline && openBook(baseline);
  const sides = await readSides(opened, {
    ...rowReading(settled, 'cosine'),
    priority: keep.priority,
    scripts: measured?.scripts,
    marks: book?.marks,
    force,
    note,
  });
  const { own } = sides;
  if (settings.differing === 'keep' && !own.rows.keyOf) {
    throw new EmbedError(`Cannot keep rows of ${own.name} that differ in fact: it has no texts`, {
      hint: 'Give the corpus itself, or the texts of a bare .npy with --texts; or leave --differing out',
    });
  }
  const order = judgingOrder(own.rows, keep);
  const threshold = await settleThreshold(own, judgedOnly(own, order), { minCosine: asked, measured, seed, threads, onBackground });
  onThreshold?.(threshold);
  const how = { minCosine: threshold.minCosine, within, threads, ...run };
  const found = { sides, threshold, fold, within, differing, labelColumn };
  if (!book) return { ...found, verdicts: await judge(sides, order, how) };
  const near = { minCosine: threshold.minCosine, link: linkNear(sides, how) };
  const { accepts, order: knownFirst, outcome } = await book.consult(sides, order, { near, settled, note });
  const verdicts = await judge({ ...sides, accepts }, knownFirst, how);
  return { ...found, verdicts, known: outcome(verdicts) };
}
