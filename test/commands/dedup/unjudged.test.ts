import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { totals } from '../../../src/report/totals.ts';
import type { DuplicateSummary } from '../../../src/report/duplicates.ts';
import { encodeOnce, inFreshFolder, run } from '../../run.ts';
import { validRows, writeMatrix } from './shared.ts';

const LONG = 'the pump on the lower deck leaks oil again '.repeat(300);

/** A row that is short, and two documents that are longer than the model reads. */
const inDocs = async (): Promise<void> => {
  inFreshFolder();
  writeFileSync('test.txt', 'a short question\n');
  writeFileSync('docs.txt', `${LONG}one\n${LONG}two\n`);
  await encodeOnce('docs.txt');
};

const summaryOf = (out: string): DuplicateSummary => {
  const json = JSON.parse(out) as { summary: DuplicateSummary };
  expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
  return json.summary;
};

describe('a check that could compare nothing', () => {
  it('does not pass, and every report says why', async () => {
    await inDocs();
    const files = ['r.html', 'r.sarif', 'r.xml'];
    const args = ['dedup', 'test.txt', '--against', 'docs.txt', '-q'];
    const { code, out, err } = await run([...args, ...files.flatMap((file) => ['--report', file])]);
    const phrase = "2 of 2 rows of docs.txt (cut at the model's limit)";
    expect({ code, out }).toEqual({
      code: 2,
      out: `nothing could be compared among 1 row (cosine ≥ 0.94); not judged: ${phrase}\n`,
    });
    expect(err).toBe(
      `error: Cannot check test.txt: nothing could be compared; not judged: ${phrase}\n` +
        'hint: Give texts that the model can read whole, or choose another --model; with --exit-zero the check passes\n',
    );
    const read = (file: string): string => readFileSync(file, 'utf8');
    expect(read('r.html')).toContain(`<p class="bad">nothing could be compared among 1 row (cosine ≥ 0.94); not judged: ${phrase}.</p>`);
    expect(read('r.xml')).toContain('<testsuites tests="2" failures="0" errors="1">');
    expect(read('r.xml')).toContain(
      '<testcase classname="embed dedup" name="at most 0 duplicates"><error message="nothing could be compared',
    );
    expect(read('r.xml')).toContain(`name="rows of docs.txt"><skipped message="not judged: ${phrase}"/>`);
    const [sarif] = (JSON.parse(read('r.sarif')) as { runs: { invocations: unknown[] }[] }).runs;
    expect(sarif!.invocations).toMatchObject([
      {
        executionSuccessful: false,
        toolExecutionNotifications: [{ level: 'error' }, { level: 'warning', message: { text: `Not judged: ${phrase}` } }],
      },
    ]);
    const github = await run([...args, '--format', 'github']);
    expect(github.out).toBe(`::error title=embed dedup::nothing could be compared among 1 row (cosine ≥ 0.94); not judged: ${phrase}\n`);
    expect(summaryOf((await run([...args, '--format', 'json'])).out)).toMatchObject({
      inconclusive: true,
      passed: false,
      unjudged: 0,
      against_rows: [{ input: 'docs.txt', rows: 2, unjudged: 2, unjudged_by_reason: { cut: 2, blank: 0 } }],
    });
  });

  it.each([
    ['rows of INPUT that are blank', '\n  \n\n', undefined, '3 of 3 rows of a.txt (blank)'],
    ['rows of INPUT that are cut', `${LONG}one\n${LONG}two\n`, undefined, "2 of 2 rows of a.txt (cut at the model's limit)"],
    [
      'rows of INPUT in a script that the model cannot read',
      '男が草を刈っている\n猫が寝ている\n',
      undefined,
      '2 of 2 rows of a.txt (mostly unknown to the model)',
    ],
    ['rows of INPUT that are cut, against others', `${LONG}one\n`, 'the sea\n', "1 of 1 row of a.txt (cut at the model's limit)"],
    ['rows of OTHER that are blank', 'the sea\n', '\n\n', '2 of 2 rows of b.txt (blank)'],
    ['rows of OTHER for two reasons', 'the sea\n', `\n${LONG}\n`, "2 of 2 rows of b.txt (1 blank, 1 cut at the model's limit)"],
  ])('does not pass: %s', async (_, own, other, phrase) => {
    inFreshFolder();
    writeFileSync('a.txt', own);
    if (other !== undefined) writeFileSync('b.txt', other);
    const { code, err } = await run(['dedup', 'a.txt', '-q', ...(other === undefined ? [] : ['--against', 'b.txt'])]);
    expect({ code, err: err.split('\n')[0] }).toEqual({
      code: 2,
      err: `error: Cannot check a.txt: nothing could be compared; not judged: ${phrase}`,
    });
  });

  it('does not pass with vectors of length zero, in INPUT or in OTHER', async () => {
    inFreshFolder();
    writeMatrix('zeros.npy', [
      [0, 0, 0],
      [0, 0, 0],
    ]);
    writeMatrix('a.npy', [[1, 0, 0]]);
    for (const args of [['zeros.npy'], ['a.npy', '--against', 'zeros.npy']]) {
      const { code, err } = await run(['dedup', ...args, '-q', '--min-cosine', '0.9']);
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('2 of 2 rows of zeros.npy (of length zero)') as string });
    }
  });

  it('is no check where any number of duplicates is allowed, and passes where it is told to', async () => {
    await inDocs();
    const cleaned = await run(['dedup', 'docs.txt', '-o', 'clean.txt']);
    expect({ code: cleaned.code, written: existsSync('clean.txt') }).toEqual({ code: 0, written: true });
    expect(cleaned.err).toContain("warning: nothing could be compared; not judged: 2 of 2 rows of docs.txt (cut at the model's limit)");
    expect((await run(['dedup', 'docs.txt', '-q', '--exit-zero'])).code).toBe(0);
    const limited = await run(['dedup', 'docs.txt', '-q', '-o', 'more.txt', '--max-duplicates', '5']);
    expect({ code: limited.code, written: existsSync('more.txt') }).toEqual({ code: 2, written: true });
  });

  it('says no where it finds a copy all the same', async () => {
    await inDocs();
    writeFileSync('copy.txt', `${LONG}one\n`);
    expect((await run(['dedup', 'copy.txt', '-q', '--against', 'docs.txt'])).code).toBe(1);
    // every row is judged then: as a copy
    expect((await run(['dedup', 'copy.txt', '-q', '--against', 'docs.txt', '--max-duplicates', '1'])).code).toBe(0);
  });
});

describe('a check that could compare something', () => {
  it('passes, and counts the rows of OTHER that it could not judge', async () => {
    await inDocs();
    writeFileSync('more.txt', 'the sea\n\n');
    const args = ['dedup', 'test.txt', '--against', 'docs.txt', '--against', 'more.txt'];
    const { code, out } = await run([...args, '-q']);
    expect({ code, out }).toEqual({
      code: 0,
      out: "no duplicates among 1 row (cosine ≥ 0.94); not judged: 2 of 2 rows of docs.txt (cut at the model's limit), 1 of 2 rows of more.txt (blank)\n",
    });
    const csv = await run([...args, '--format', 'csv']);
    expect(csv.err).toContain("\nnote: not judged: 2 of 2 rows of docs.txt (cut at the model's limit), 1 of 2 rows of more.txt (blank)\n");
    expect((await run(['dedup', 'test.txt', '-q', '--against', 'docs.txt', '--within'])).code).toBe(0);
  });

  it('passes where OTHER has no rows, which nothing can repeat, and says so', () => {
    const none = { unjudged: 0, unjudged_by_reason: {} };
    const summary = { inputs: ['a.txt'], against: ['none.csv'], rows: 1, kept: 1, dropped: 0, exact: 0, near: 0, ...none };
    const settings = { model: null, min_cosine: 0.9, keep: 'first', differing: 'keep', fail_on: 'any', allowed: 0 } as const;
    const more = { ...settings, conflicts: 0, differs: 0, accepted: 0, groups: 0, inconclusive: false, passed: true };
    expect(totals({ ...summary, ...more, against_rows: [{ input: 'none.csv', rows: 0, ...none }] })).toBe(
      'no duplicates among 1 row (cosine ≥ 0.9); none.csv has no rows',
    );
  });
});
