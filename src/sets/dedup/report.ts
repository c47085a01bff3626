import { differenceOf } from '../../analysis/duplicates/facts/facts.ts';
import {
  DUPLICATE_COLUMNS,
  type BaselineSummary,
  FOUND,
  isAllowed,
  LATER_DUPLICATE_COLUMNS,
  type DuplicateGroup,
  type DuplicateRecord,
  type DuplicateReport,
  type FailOn,
  type Found,
} from '../../report/duplicates.ts';
import { withoutUndefined } from '../../report/report.ts';
import type { OtherRows } from '../../report/unjudged.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { fieldOf, fieldText } from '../fields.ts';
import { ROWS_PER_BATCH } from '../row-texts.ts';
import { twinFieldNames } from './compare.ts';
import type { Deduplicated } from './deduplicate.ts';
import { labelsDisagree } from './relate.ts';
import type { TextSides } from './sides.ts';
import { isInconclusive } from './inconclusive.ts';
import { REASONS, type Reasons } from './reasons.ts';
import { allRows } from '../row-numbers.ts';
import type { Verdicts } from './verdicts.ts';

/**
 * The settings that the summary repeats: INPUT, OTHER and --keep as they were given, and how many rows of which verdict are allowed, null for
 * any number.
 */
type ReportOptions = {
  inputs: readonly string[];
  against: readonly string[];
  keep: string;
  allowed: number | null;
  failOn?: FailOn | undefined;
};

/** The verdict on each row, as every report format takes it. */
export function duplicateReport(found: Deduplicated, options: ReportOptions): DuplicateReport {
  const { sides, verdicts } = found;
  const { own, all } = sides;
  const { total } = own.rows;
  const differenceIn = (row: number, keeperFacts: SetRow | undefined, facts: SetRow | undefined): string | undefined => {
    const relation = verdicts.relationOf(row);
    if (relation === 'differs') return differenceOf(keeperFacts?.text ?? '', facts?.text ?? '');
    if (relation !== 'conflict' && !(relation === 'known' && labelsDisagree(sides, row, verdicts.keeperOf(row)!))) return undefined;
    return [keeperFacts, facts].map((one) => fieldText(fieldOf(one?.fields, found.labelColumn!)) ?? '').join(' ≠ ');
  };

  const recordOf = (
    row: number,
    facts: SetRow | undefined,
    keeperFacts: SetRow | undefined,
    original: SetRow | undefined,
  ): DuplicateRecord => {
    const keeper = verdicts.keeperOf(row);
    const verdict = verdicts.foundOf(row);
    const reason = verdicts.reasonOf(row);
    const copied = verdicts.copiedBy(row);
    const { id = `row:${row}`, text, file, line, fields } = facts ?? {};
    return {
      row,
      id,
      verdict: verdict ?? (reason === undefined ? 'kept' : 'unjudged'),
      ...withoutUndefined({
        keeper_row: keeper?.row,
        keeper_id: keeper && (keeperFacts?.id ?? `row:${keeper.row}`),
        cosine: keeper && verdicts.cosineOf(row),
        file,
        line,
        match: keeper && (verdicts.isExact(row) ? ('exact' as const) : ('near' as const)),
        reason,
        keeper_file: keeperFacts?.file,
        keeper_line: keeperFacts?.line,
        text,
        keeper_text: keeperFacts?.text,
        fields,
        keeper_fields: keeperFacts?.fields,
        copy_of_row: copied,
        copy_of_id: copied === undefined ? undefined : (original?.id ?? `row:${copied}`),
        copy_of_file: original?.file,
        copy_of_line: original?.line,
        difference: differenceIn(row, keeperFacts, facts),
      }),
    };
  };
  const recordsOfRows = async (rows: readonly number[]): Promise<DuplicateRecord[]> => {
    const keepers = rows.map(verdicts.keeperOf);
    const copied = rows.flatMap((row) => verdicts.copiedBy(row) ?? []);
    // once per input: a file may have to be read again for it
    const found = await Promise.all(
      all.map((side, source) => {
        const kept = keepers.flatMap((keeper) => (keeper?.source === source ? [keeper.row] : []));
        const wanted = source === 0 ? [...rows, ...copied, ...kept] : kept;
        return wanted.length > 0 ? side.texts.get(wanted) : new Map<number, SetRow>();
      }),
    );
    const texts = found[0]!;
    return rows.map((row, at) => {
      const keeper = keepers[at];
      return recordOf(row, texts.get(row), keeper && found[keeper.source]!.get(keeper.row), texts.get(verdicts.copiedBy(row) ?? -1));
    });
  };
  async function* batches(wanted: (row: number) => boolean): AsyncGenerator<DuplicateRecord[]> {
    let rows: number[] = [];
    for (let row = 0; row < total; row++) {
      if (wanted(row)) rows.push(row);
      if (rows.length < ROWS_PER_BATCH && row < total - 1) continue;
      if (rows.length > 0) yield await recordsOfRows(rows);
      rows = [];
    }
  }

  const groups = Object.fromEntries(FOUND.map((verdict) => [verdict, groupSizes(verdicts, sides, verdict)])) as Record<Found, GroupSize[]>;
  return {
    schema: 'embed.dedup/1',
    summary: summaryOf(found, { ...options, groups: groups.dropped.length }),
    columns: DUPLICATE_COLUMNS,
    fields: own.rows.fieldNames,
    twinFields: { of: 'keeper', names: twinFieldNames(sides, found) },
    laterColumns: LATER_DUPLICATE_COLUMNS,
    groups: () => batches(() => true),
    recordsOf: (record) => [record],
    found: (...wanted) =>
      batches((row) => {
        const verdict = verdicts.foundOf(row);
        return verdict !== undefined && wanted.includes(verdict);
      }),
    groupsOf: (verdict) => groups[verdict].length,
    async largest(verdict, count, members) {
      const chosen = groups[verdict].slice(0, count);
      const shown = membersOf(verdicts, verdict, chosen, members);
      const records = new Map<number, DuplicateRecord>();
      const rows = shown.flat();
      for (let first = 0; first < rows.length; first += ROWS_PER_BATCH) {
        for (const record of await recordsOfRows(rows.slice(first, first + ROWS_PER_BATCH))) records.set(record.row, record);
      }
      return chosen.map(({ size }, at): DuplicateGroup => ({ size, members: shown[at]!.map((row) => records.get(row)!) }));
    },
  };
}

type GroupSize = { source: number; keeper: number; size: number };

/** Rows that others relate to, those with the most first. */
function groupSizes(verdicts: Verdicts, { all }: TextSides, verdict: Found): GroupSize[] {
  const related = verdicts.found(verdict);
  if (related.length === 0) return [];
  const sizes = all.map(({ rows }) => new Int32Array(rows.total));
  for (const row of related) {
    const { source, row: keeper } = verdicts.keeperOf(row)!;
    sizes[source]![keeper]!++;
  }
  const groups = sizes.flatMap((counts, source) => {
    const own: GroupSize[] = [];
    counts.forEach((size, keeper) => size > 0 && own.push({ source, keeper, size }));
    return own;
  });
  return groups.toSorted((a, b) => b.size - a.size || a.source - b.source || a.keeper - b.keeper);
}

/** Some rows of each of these groups: copies of the kept row first, then the most similar. */
function membersOf(verdicts: Verdicts, verdict: Found, groups: readonly GroupSize[], count: number): number[][] {
  const places = new Map(groups.map(({ source, keeper }, at) => [`${source}:${keeper}`, at]));
  const members = groups.map((): number[] => []);
  const cosineOf = (row: number): number => verdicts.cosineOf(row) ?? 1;
  const isOfKeeper = (row: number): number => Number(verdicts.isExact(row) && verdicts.copiedBy(row) === undefined);
  const nearer = (a: number, b: number): number => isOfKeeper(b) - isOfKeeper(a) || cosineOf(b) - cosineOf(a) || a - b;
  for (const row of verdicts.found(verdict)) {
    const keeper = verdicts.keeperOf(row)!;
    const own = members[places.get(`${keeper.source}:${keeper.row}`) ?? -1];
    if (!own) continue;
    own.push(row);
    // one group may be the whole corpus
    if (own.length >= 4 * count) own.splice(0, own.length, ...own.toSorted(nearer).slice(0, count));
  }
  return members.map((rows) => rows.toSorted(nearer).slice(0, count));
}

function summaryOf(
  found: Deduplicated,
  { inputs, against, keep, allowed, failOn = 'any', groups }: ReportOptions & { groups: number },
): DuplicateReport['summary'] {
  const { sides, verdicts, threshold, fold, differing, labelColumn, known } = found;
  const { own, others } = sides;
  const { total } = verdicts;
  const counts: Record<Found, number> = { dropped: 0, conflict: 0, accepted: 0, differs: 0 };
  let [dropped, exact] = [0, 0];
  for (let row = 0; row < total; row++) {
    const verdict = verdicts.foundOf(row);
    if (verdict === undefined) continue;
    counts[verdict]++;
    if (verdicts.isDropped(row)) dropped++;
    if (verdict === 'dropped' && verdicts.isExact(row)) exact++;
  }
  const inconclusive = isInconclusive(found);
  const near = counts.dropped - exact;
  const counted = { exact, near, conflicts: counts.conflict, fail_on: failOn };
  return {
    inputs: [...inputs],
    against: [...against],
    model: threshold ? (own.opened.set?.manifest?.model?.name ?? null) : null,
    min_cosine: threshold?.minCosine ?? null,
    keep,
    ...(fold === 'none' ? {} : { fold }),
    differing,
    ...(labelColumn === undefined ? {} : { label_column: labelColumn }),
    rows: total,
    kept: total - dropped,
    dropped,
    ...counted,
    differs: counts.differs,
    accepted: counts.accepted,
    ...(known ? { baseline: baselineOf(known) } : {}),
    ...unjudgedRows(verdicts.rows('kept'), verdicts.reasonOf),
    against_rows: others.map(({ rows }, at) => ({
      input: against[at]!,
      rows: rows.total,
      ...unjudgedRows(allRows(rows.total), rows.reasons.of),
    })),
    groups,
    allowed,
    inconclusive,
    passed: !inconclusive && isAllowed({ allowed, ...counted }),
  };
}

function baselineOf({ path, update, ...counts }: NonNullable<Deduplicated['known']>): BaselineSummary {
  return { file: path, ...counts, ...(update ? { added: update.added, removed: update.removed } : {}) };
}

function unjudgedRows(rows: Int32Array, reasonOf: Reasons['of']): Pick<OtherRows, 'unjudged' | 'unjudged_by_reason'> {
  const byReason: Record<string, number> = Object.fromEntries(REASONS.map((reason) => [reason, 0]));
  let unjudged = 0;
  for (const row of rows) {
    const reason = reasonOf(row);
    if (reason === undefined) continue;
    unjudged++;
    byReason[reason]!++;
  }
  return { unjudged, unjudged_by_reason: byReason };
}
