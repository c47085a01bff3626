import type { ComparisonOptions } from '../../analysis/duplicates/compare-blocks.ts';
import type { DedupInput, Sides, TextSides } from './sides.ts';
import { relationIn } from './relate.ts';
import type { DedupRun } from './settings.ts';
import { allRows } from '../row-numbers.ts';

/** The rows of an input that are judged by their cosine, rising. */
export function judgedRows({ rows }: Pick<DedupInput, 'rows'>): Int32Array {
  return judgedOnly({ rows }, allRows(rows.total));
}

/** Those of some rows that are judged by their cosine. */
export function judgedOnly({ rows: { reasons } }: Pick<DedupInput, 'rows'>, rows: Int32Array): Int32Array {
  return rows.filter((row) => reasons.of(row) === undefined);
}

/** Whether rows of INPUT are compared with each other. */
export function isWithin({ others }: Pick<TextSides, 'others'>, { within }: { within: boolean }): boolean {
  return others.length === 0 || within;
}

/** Names of the kept fields of the rows that rows of INPUT are compared with. */
export function twinFieldNames(sides: TextSides, how: { within: boolean }): string[] {
  const twins = isWithin(sides, how) ? sides.all : sides.others;
  return [...new Set(twins.flatMap(({ rows }) => rows.fieldNames))];
}

/**
 * How rows of INPUT are compared with those of every side.
 *
 * @param count rows of INPUT that are compared
 */
export function comparisonOf(
  sides: Sides,
  count: number,
  { within, threads, signal, onProgress }: { within: boolean; threads: number } & Pick<DedupRun, 'signal' | 'onProgress'>,
): ComparisonOptions {
  const { own, others } = sides;
  let done = 0;
  onProgress?.(0, 0);
  return {
    within: isWithin(sides, { within }),
    against: others.map((other) => ({ reader: other.opened.set.vectors, rows: judgedRows(other) })),
    relate: relationIn(sides),
    apart: own.rows.apart,
    threads,
    name: own.name,
    signal,
    onRows(rows) {
      done += rows;
      // each row is compared with those before it
      onProgress?.(done, (done / count) ** 2);
    },
  };
}
