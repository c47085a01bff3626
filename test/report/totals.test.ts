import { describe, expect, it } from 'vitest';
import type { DuplicateSummary } from '../../src/report/duplicates.ts';
import { totals } from '../../src/report/totals.ts';
import { reportOf } from './shared.ts';

const said = (summary: Partial<DuplicateSummary>): string => totals({ ...reportOf([]).summary, rows: 8, ...summary });

describe('the last line', () => {
  it.each<[Partial<DuplicateSummary>, string]>([
    [{}, 'no duplicates among 8 rows (cosine ≥ 0.94)'],
    [{ rows: 1 }, 'no duplicates among 1 row (cosine ≥ 0.94)'],
    [{ exact: 1 }, '1 of 8 rows repeats another: 1 exact, 0 near (cosine ≥ 0.94); none is allowed'],
    [{ exact: 1, near: 2, allowed: 1 }, '3 of 8 rows repeat another: 1 exact, 2 near (cosine ≥ 0.94); only 1 allowed'],
    [{ exact: 1, near: 2, allowed: 3 }, '3 of 8 rows repeat another: 1 exact, 2 near (cosine ≥ 0.94); 3 allowed'],
    [{ exact: 1, allowed: null }, '1 of 8 rows repeats another: 1 exact, 0 near (cosine ≥ 0.94)'],
    [{ exact: 2, fold: 'form', allowed: null }, '2 of 8 rows repeat another: 2 copies, 0 near (cosine ≥ 0.94)'],
    [{ conflicts: 1 }, '1 of 8 rows repeats another: 1 conflict of labels (cosine ≥ 0.94); no duplicate or conflict is allowed'],
    [
      { exact: 2, near: 1, conflicts: 2, allowed: 3 },
      '5 of 8 rows repeat another: 2 exact, 1 near, 2 conflicts of labels (cosine ≥ 0.94); only 3 duplicates and conflicts allowed',
    ],
    [
      { exact: 1, conflicts: 1, allowed: 1 },
      '2 of 8 rows repeat another: 1 exact, 0 near, 1 conflict of labels (cosine ≥ 0.94); only 1 duplicate or conflict allowed',
    ],
    [
      { exact: 1, conflicts: 2, fail_on: 'conflicts', allowed: 1 },
      '3 of 8 rows repeat another: 1 exact, 0 near, 2 conflicts of labels (cosine ≥ 0.94); only 1 conflict allowed',
    ],
    [{ exact: 1, fail_on: 'conflicts' }, '1 of 8 rows repeats another: 1 exact, 0 near (cosine ≥ 0.94); only conflicts count'],
    [
      { exact: 3, conflicts: 1, fail_on: 'duplicates', allowed: 2 },
      '4 of 8 rows repeat another: 3 exact, 0 near, 1 conflict of labels (cosine ≥ 0.94); only 2 duplicates allowed',
    ],
    [{ conflicts: 1, fail_on: 'duplicates' }, '1 of 8 rows repeats another: 1 conflict of labels (cosine ≥ 0.94); only duplicates count'],
    [{ differs: 1 }, 'no duplicates among 8 rows (cosine ≥ 0.94); 1 near but different in fact (kept)'],
    [
      { exact: 1, differs: 2000, accepted: 1 },
      '1 of 8 rows repeats another: 1 exact, 0 near (cosine ≥ 0.94); 2,000 near but different in fact (kept); 1 accepted repeat; no duplicate is allowed',
    ],
    [{ accepted: 2 }, 'no duplicates among 8 rows (cosine ≥ 0.94); 2 accepted repeats'],
    [
      { against: ['a\n::error::.csv'], near: 1 },
      '1 of 8 rows repeats rows of a ::error::.csv: 0 exact, 1 near (cosine ≥ 0.94); none is allowed',
    ],
    [{ inconclusive: true }, 'nothing could be compared among 8 rows (cosine ≥ 0.94)'],
  ])('%j', (summary, line) => expect(said(summary)).toBe(line));
});
