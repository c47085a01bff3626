import { writeFileSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DuplicateSummary } from '../../../src/report/duplicates.ts';
import { inFreshFolder, run } from '../../run.ts';
import { records, validRows, verdicts } from './shared.ts';

const ORDERS = [
  'Order 10023 was sent to the shop yesterday',
  'Order 10024 was sent to the shop yesterday',
  'Order 10024 was sent to the shop yesterday.',
  'Where is the key of the cellar?',
];

const inOrders = (): string[] => {
  inFreshFolder();
  writeFileSync('a.txt', ORDERS.map((line) => `${line}\n`).join(''));
  return ['dedup', 'a.txt', '-q'];
};

const summaryOf = async (args: readonly string[]): Promise<{ code: number; summary: DuplicateSummary }> => {
  const { out, code } = await run([...args, '--format', 'json']);
  const json = JSON.parse(out) as { summary: DuplicateSummary };
  expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
  return { code, summary: json.summary };
};

describe('rows that differ in fact', () => {
  it('are kept and listed, and others may repeat them', async () => {
    const args = inOrders();
    expect(await verdicts(args)).toEqual(['kept', 'differs', 'near 1', 'kept']);
    const [, differing] = records(await run([...args, '--format', 'jsonl', '--exit-zero']));
    expect(differing).toMatchObject({ keeper_row: 0, match: 'near', difference: expect.stringContaining('10023') as string });
    expect((await run(args)).out).toContain('1 near but different in fact');
    expect((await summaryOf(args)).summary).toMatchObject({ dropped: 1, differs: 1, differing: 'keep' });
    await run([...args, '-o', 'clean.txt']);
    expect(readFileSync('clean.txt', 'utf8').split('\n')).toHaveLength(4);
  });

  it('are duplicates like others with --differing drop', async () => {
    const args = [...inOrders(), '--differing', 'drop'];
    expect(await verdicts(args)).toEqual(['kept', 'near 0', 'kept', 'kept']);
    expect((await summaryOf(args)).summary).toMatchObject({ dropped: 1, differs: 0, differing: 'drop' });
  });

  it('do not fail a check', async () => {
    inFreshFolder();
    writeFileSync('a.txt', `${ORDERS[0]}\n${ORDERS[1]}\n`);
    expect((await run(['dedup', 'a.txt', '-q'])).code).toBe(0);
  });
});

const LABELLED =
  'text,label,ok\n' +
  'The printer on floor 3 does not respond,it,\n' +
  'The printer on floor 3 does not respond,ops,\n' +
  'The printer on floor 3 does not respond,it,\n' +
  'The printer on floor 3 does not respond,ops,yes\n' +
  'How do I cook rice?,food,\n' +
  'How do I cook rice ?,food,\n' +
  'how do I cook rice?,,\n' +
  'Where is my refund?,billing,\n';

const inLabelled = (): string[] => {
  inFreshFolder();
  writeFileSync('t.csv', LABELLED);
  return ['dedup', 't.csv', '-q', '--label-column', 'label'];
};

describe('labels that disagree', () => {
  it('are conflicts, which -o keeps; a label that is missing agrees with any', async () => {
    const args = inLabelled();
    expect(await verdicts(args)).toEqual(['kept', 'conflict', 'exact 0', 'exact 1', 'kept', 'near 4', 'near 4', 'kept']);
    const { out } = await run(args);
    expect(out).toMatch(/^repeats whose labels disagree:\n/);
    expect(out).toContain('[it ≠ ops');
    await run([...args, '-o', 'clean.csv']);
    expect(readFileSync('clean.csv', 'utf8').split('\n')).toHaveLength(6);
  });

  it('decide on the exit code as --fail-on says', async () => {
    const args = inLabelled();
    const code = async (...more: string[]): Promise<number> => (await run([...args, ...more])).code;
    expect(await code('--fail-on', 'conflicts', '--max-duplicates', '1')).toBe(0);
    expect(await code('--fail-on', 'conflicts')).toBe(1);
    expect(await code('--fail-on', 'duplicates', '--max-duplicates', '4')).toBe(0);
    expect(await code('--max-duplicates', '4')).toBe(1);
    expect(await code('-o', 'clean.csv')).toBe(0);
    expect(await code('-o', 'clean.csv', '--overwrite', '--fail-on', 'conflicts')).toBe(1);
    expect((await summaryOf([...args, '--fail-on', 'conflicts'])).summary).toMatchObject({ conflicts: 1, exact: 2, near: 2, dropped: 4 });
  });

  it('drop a row that repeats one of OTHER, which stays there', async () => {
    const args = inLabelled();
    writeFileSync('test.csv', 'text,label\nWhere is my refund?,ops\nHow do I boil eggs?,food\n');
    const leak = ['dedup', 'test.csv', '--against', 't.csv', ...args.slice(2)];
    expect(await verdicts(leak)).toEqual(['conflict', 'kept']);
    await run([...leak, '-o', 'clean.csv']);
    expect(readFileSync('clean.csv', 'utf8')).toBe('text,label\nHow do I boil eggs?,food\n');
  });

  it('need a field that all inputs have', async () => {
    const args = inLabelled();
    const failed = await run(['dedup', 't.csv', '-q', '--label-column', 'lable']);
    expect(failed).toMatchObject({ code: 2, err: expect.stringContaining('fields are label, ok') as string });
    writeFileSync('b.txt', 'one\n');
    expect((await run([...args, '--against', 'b.txt'])).err).toContain('Cannot compare the labels of b.txt by "label"');
    expect((await run(['dedup', 't.csv', '-q', '--fail-on', 'conflicts'])).err).toContain('without --label-column');
  });
});

describe('--accept-column', () => {
  it('lets rows repeat others, wherever they stand', async () => {
    const args = ['dedup', ...inLabelled().slice(1, 3), '--accept-column', 'ok'];
    expect(await verdicts(args)).toEqual(['kept', 'exact 0', 'exact 0', 'accepted', 'kept', 'near 4', 'near 4', 'kept']);
    const lines = LABELLED.trimEnd().split('\n');
    writeFileSync('t.csv', `${[lines[0], lines[4], lines[1], lines[8]].join('\n')}\n`);
    expect(await verdicts(args)).toEqual(['accepted', 'kept', 'kept']);
    expect((await summaryOf(args)).code).toBe(0);
  });
});
