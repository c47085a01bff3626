import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inFreshFolder, run } from '../../run.ts';
import { inTickets, records } from './shared.ts';

describe('--keep', () => {
  it('keeps the row that --keep asks for', async () => {
    inFreshFolder();
    const rows = ['the sea', 'THE SEA', 'the sea', 'The sea.', 'cooked rice'];
    writeFileSync('a.csv', `text,score,day\n${rows.map((text, at) => `${text},${[9, 10, '', 2, 1][at]},2024-0${at + 1}-01`).join('\n')}\n`);
    const kept = async (keep: string): Promise<number[]> =>
      records(await run(['dedup', 'a.csv', '-q', '--format', 'jsonl', '--min-cosine', '0.9', '--keep', keep]))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ row }) => row);
    expect(await kept('first')).toEqual([0, 4]);
    expect(await kept('last')).toEqual([3, 4]);
    expect(await kept('longest')).toEqual([3, 4]);
    expect(await kept('max:score')).toEqual([1, 4]);
    expect(await kept('min:score')).toEqual([3, 4]);
    expect(await kept('max:day')).toEqual([3, 4]);
    expect(await kept('min:day')).toEqual([0, 4]);
  });

  /** The notes of a run, and the rows it keeps of texts that are all equal but for a field. */
  const keptBy = async (keep: string, values: readonly unknown[]): Promise<{ kept: number[]; notes: string; code: number }> => {
    inFreshFolder();
    writeFileSync('a.jsonl', values.map((value) => `${JSON.stringify({ text: 'the sea', meta: { f: value } })}\n`).join(''));
    const { code, err, out } = await run(['dedup', 'a.jsonl', '--text-column', 'text', '--keep', keep, '--format', 'jsonl', '--exit-zero']);
    const kept = records({ code, err, out }).flatMap(({ row, verdict }) => (verdict === 'kept' ? [row] : []));
    return { kept, notes: err.replace(/^encoded .*\n/, ''), code };
  };

  it('puts values that are not numbers last, in both directions, and counts them', async () => {
    const note = 'note: 1 of 4 values of meta.f is not a number and comes last: "n/a" of row 2\n';
    const values = [9, '10', 'n/a', '100', null, ''];
    expect(await keptBy('max:meta.f', values)).toEqual({ kept: [3], notes: note, code: 0 });
    expect(await keptBy('min:meta.f', values)).toEqual({ kept: [0], notes: note, code: 0 });
  });

  it.each([
    [['31/01/2024', '02/03/2024'], 'dates written day/month/year', 1],
    [['$9', '$100'], 'amounts in USD written 1,234.5', 1],
    [['1.9.0', '1.10.0'], 'versions', 1],
    [['9 %', '10 %'], 'percentages', 1],
    [['blue', 'red', 'green'], 'text', 1],
  ])('compares %j as %s, and says so', async (values, name, row) => {
    expect(await keptBy('max:meta.f', values)).toEqual({ kept: [row], notes: `note: meta.f is compared as ${name}\n`, code: 0 });
  });

  it.each([
    [['01/02/2024', '02/01/2024'], '"01/02/2024" may be written day/month/year or month/day/year, and no other value tells which'],
    [['1,234', '950'], '"1,234" may be written 1,234.5 or 1.234,5, and no other value tells which'],
    [['$9', '€100'], 'its values are amounts in EUR and USD'],
  ])('refuses %j, which nothing tells how to compare', async (values, why) => {
    const { code, notes } = await keptBy('max:meta.f', values);
    expect(code).toBe(2);
    expect(notes).toMatch(/\nhint: (Write|Put) the (dates|numbers|amounts) /);
    expect(notes).toContain(`error: Cannot keep rows of a.jsonl by "meta.f": ${why}\n`);
  });

  it('tells of a field that a table does not have before the table is encoded', async () => {
    const args = inTickets();
    const { code, err } = await run([...args.slice(0, -1), '--keep', 'max:date']);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: Cannot keep rows of t\.csv by "date": no row has such a field; fields are nr, team\nhint: /);
  });

  it('breaks ties by text, so that the same rows in another order keep the same texts', async () => {
    inFreshFolder();
    const rows = ['the sea!', 'the sea?', 'the sea.', 'THE SEA,', 'the SEA;'];
    const kept = async (lines: string[]): Promise<string[]> => {
      writeFileSync('a.txt', `${lines.join('\n')}\n`);
      return records(await run(['dedup', 'a.txt', '-q', '--format', 'jsonl', '--keep', 'longest', '--min-cosine', '0.8']))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ text }) => text!)
        .toSorted();
    };
    expect(await kept(rows)).toEqual(await kept(rows.toReversed()));
    const folded = async (lines: string[]): Promise<string[]> => {
      writeFileSync('b.txt', `${lines.join('\n')}\n`);
      return records(await run(['dedup', 'b.txt', '-q', '--format', 'jsonl', '--keep', 'longest', '--fold']))
        .filter(({ verdict }) => verdict === 'kept')
        .map(({ text }) => text!);
    };
    expect(await folded(['the sea', 'THE SEA', 'The Sea'])).toEqual(await folded(['The Sea', 'THE SEA', 'the sea']));
    // characters, not halves of them
    expect(await folded(['\u{1d400}\u{1d401}\u{1d402} the sea', 'ABC  the sea'])).toEqual(['ABC  the sea']);
  });
});
