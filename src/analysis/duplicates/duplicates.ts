import { cosine } from '../../vectors/matrix.ts';
import type { VectorReader } from '../../vectors/stored-rows.ts';
import { compareBlocks, type ComparisonOptions, type ScreenStep } from './compare-blocks.ts';
import { areApart, isLeftOut, RELATIONS, REPEATS, type Keeper, type Relate, type Relation } from './relation.ts';
import { ROUNDING } from './row-screen.ts';

/** A row, the kept row before it that it relates to, and their cosine. */
export type Duplicate = { row: number; keeper: Keeper; cosine: number; relation: Relation };

/**
 * Finds near-duplicates without chains. Rows are judged in the given order. A row is dropped if it repeats an earlier kept row: their
 * cosine is at or above the threshold, and nothing else stands against it (`relate`). It then names the most similar of those rows, of
 * equal ones the first. So no two kept rows repeat each other, and every dropped row names a row that it really resembles. A row that
 * repeats none is kept. If it is in conflict with kept rows, it names the most similar; else, if it is known to repeat some, or
 * differs from some in fact, the first of them that does not differ from a row before it: so the rows of a template name one row.
 *
 * The result is exact: kernels only propose pairs, by upper bounds (row-screen.ts), and `cosine` decides. Memory holds the
 * codes of the kept rows; vectors are read when they are compared. Rows of zeros have no cosine: they are neither dropped
 * nor do others repeat them.
 *
 * @param order rows to judge, the most important first
 */
export async function findDuplicates(
  reader: VectorReader,
  order: Int32Array,
  { minCosine, ...options }: ComparisonOptions & { minCosine: number },
): Promise<Duplicate[]> {
  const { within = true, relate = REPEATS, apart } = options;
  const found: Duplicate[] = [];
  await compareBlocks(reader, order, { ...options, floor: minCosine }, async ({ block, screen, held }) => {
    const best = await nearestHeld({ block, screen, held }, { minCosine, relate });
    const earlier: { partner: number; upper: number }[][] = Array.from({ length: block.count }, () => []);
    if (within) {
      await screen.ownPairs(block, minCosine, (column, partner, upper) => {
        // a row that repeats a kept row is not kept itself
        if (best[partner]!.repeat) return;
        // rows of a template differ from each other, too: they need not be told that again
        if (apart && best[column]!.differs?.aside === false && areApart(apart, block.rows[column]!, block.rows[partner]!)) return;
        earlier[column]!.push({ partner, upper });
      });
    }
    /** Column of each kept row of this block → its number among the held rows. */
    const became = new Map<number, number>();
    for (let column = 0; column < block.count; column++) {
      const row = block.rows[column]!;
      const nearest = best[column]!;
      // the most promising first, because rows that cannot be nearer than the best are not compared
      for (const { partner, upper } of earlier[column]!.toSorted((a, b) => b.upper - a.upper || a.partner - b.partner)) {
        const number = became.get(partner);
        const relation = number === undefined ? undefined : relate(row, { source: 0, row: block.rows[partner]! });
        if (number === undefined || relation === undefined) continue;
        consider(nearest, relation, { number, upper, aside: held.isAside(number) }, minCosine, () =>
          cosine(block.vector(column), block.vector(partner)),
        );
      }
      const relation = RELATIONS.find((one) => nearest[one] !== undefined);
      const one = relation && { row, keeper: held.keeperOf(nearest[relation]!.number), cosine: nearest[relation]!.cosine, relation };
      if (one) found.push(one);
      if (within && !(one && isLeftOut(one))) {
        // aside only beside a row that is not: so that each template has rows that its others find
        const aside = relation === 'differs' && !nearest.differs!.aside;
        became.set(column, held.add(block, column, { aside }));
      }
    }
  });
  return found;
}

/** A held row, and whether it stands aside because it differs from a row before it. */
type Nearest = { number: number; cosine: number; aside: boolean };

/** The held row of each relation that a row would name. */
type NearestOf = { [relation in Relation]?: Nearest | undefined };

/** For each column, the held rows at or above the threshold that it would name. */
async function nearestHeld(
  { block, held }: ScreenStep,
  { minCosine, relate }: { minCosine: number; relate: Relate },
): Promise<NearestOf[]> {
  const best = Array.from({ length: block.count }, (): NearestOf => ({}));
  const propose = (column: number, number: number, upper: number): void => {
    const relation = relate(block.rows[column]!, held.keeperOf(number));
    if (relation === undefined) return;
    consider(best[column]!, relation, { number, upper, aside: held.isAside(number) }, minCosine, () =>
      cosine(block.vector(column), held.vector(number)),
    );
  };
  await held.pairs(block, minCosine, propose);
  const isUnknown = (column: number): boolean => RELATIONS.every((relation) => best[column]![relation] === undefined);
  await held.asidePairs(block, minCosine, isUnknown, propose);
  return best;
}

/** Takes a proposed row for the one of its relation, if it is. The cosine is computed only where it may matter. */
function consider(
  nearest: NearestOf,
  relation: Relation,
  { number, upper, aside }: { number: number; upper: number; aside: boolean },
  minCosine: number,
  cosineOf: () => number,
): void {
  const best = nearest[relation];
  // a row that stays anyway names the first: of many alike, the nearest would cost a cosine with each
  const byOrder = relation === 'differs' || relation === 'known';
  if (best && (byOrder ? comesLater({ number, aside }, best) : upper + ROUNDING < best.cosine)) return;
  const value = cosineOf();
  if (value < minCosine) return;
  const isNearer = !best || byOrder || value > best.cosine || (value === best.cosine && number < best.number);
  if (isNearer) nearest[relation] = { number, cosine: value, aside };
}

/** Of rows that a row differs from, those that do not stand aside come first, then the earlier. */
function comesLater(one: Pick<Nearest, 'number' | 'aside'>, other: Pick<Nearest, 'number' | 'aside'>): boolean {
  return one.aside === other.aside ? one.number > other.number : one.aside;
}
