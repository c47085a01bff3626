import { readFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { DuplicateRecord } from '../../../src/report/duplicates.ts';
import { inFreshFolder, run } from '../../run.ts';
import { inEncodedTickets, inTickets, records, validPairs, validRows, writeMatrix } from './shared.ts';

describe('the allowance', () => {
  it.each([
    [[], 1],
    [['--max-duplicates', '2'], 1],
    [['--max-duplicates', '3'], 0],
    [['--max-duplicates', '42%'], 1],
    [['--max-duplicates', '43%'], 0],
    [['--exit-zero'], 0],
    [['-o', 'clean.csv'], 0],
    [['-o', 'clean.csv', '--max-duplicates', '2'], 1],
    [['--dropped', 'gone.csv'], 0],
  ] as [string[], number][])('%j ends with %i', async (more, code) => {
    const args = await inEncodedTickets();
    expect((await run([...args, ...more])).code).toBe(code);
  });

  it('is told in the last line', async () => {
    const args = await inEncodedTickets();
    const last = async (...more: string[]): Promise<string> => (await run([...args, ...more])).out.trimEnd().split('\n').at(-1)!;
    expect(await last()).toMatch(/; none is allowed$/);
    expect(await last('--max-duplicates', '20%')).toMatch(/; only 1 allowed$/);
    expect(await last('--max-duplicates', '3')).toMatch(/; 3 allowed$/);
    expect(await last('-o', 'clean.csv')).toMatch(/not judged: 1 blank$/);
  });

  it('is met by a corpus without duplicates', async () => {
    const args = inTickets('body\nthe sea\ncooked rice\n');
    const { code, out } = await run(args);
    expect({ code, out }).toEqual({ code: 0, out: 'no duplicates among 2 rows (cosine ≥ 0.94)\n' });
  });
});

describe('reports', () => {
  it('say the same in every format, and json follows its schema', async () => {
    const args = await inEncodedTickets();
    const { out } = await run([...args, '--format', 'json']);
    const json = JSON.parse(out) as { summary: object; results: DuplicateRecord[] };
    expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
    expect(json.summary).toMatchObject({
      rows: 7,
      kept: 4,
      dropped: 3,
      exact: 1,
      near: 2,
      unjudged: 1,
      groups: 2,
      allowed: 0,
      passed: false,
    });
    expect(json.results[1]!.fields).toEqual({ nr: '2', team: 'it' });
    expect(records(await run([...args, '--format', 'jsonl']))).toEqual(json.results);
    const table = parse((await run([...args, '--format', 'csv'])).out, { columns: true }) as Record<string, string>[];
    expect(Object.keys(table[0]!).slice(0, 8)).toEqual(['row', 'id', 'verdict', 'keeper_row', 'keeper_id', 'cosine', 'file', 'line']);
    expect(table.map(({ verdict, keeper_row: keeper, cosine }) => [verdict, keeper, cosine])).toEqual(
      json.results.map((row) => [row.verdict, String(row.keeper_row ?? ''), String(row.cosine ?? '')]),
    );
    expect((await run([...args, '--format', 'tsv'])).out.split('\n')).toHaveLength(9);
  });

  it('go into files by their suffix', async () => {
    const args = await inEncodedTickets();
    const files = ['r.json', 'r.csv', 'r.html', 'r.sarif', 'r.xml', 'r.txt'];
    const { out, code } = await run([...args, ...files.flatMap((file) => ['--report', file])]);
    expect(code).toBe(1);
    expect(readFileSync('r.txt', 'utf8')).toBe(out);
    const sarif = JSON.parse(readFileSync('r.sarif', 'utf8')) as { version: string; runs: { results: Record<string, unknown>[] }[] };
    expect(sarif.version).toBe('2.1.0');
    expect(sarif.runs[0]!.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['near-duplicate', 'error'],
      ['exact-copy', 'error'],
      ['near-duplicate', 'error'],
    ]);
    expect(JSON.stringify(sarif.runs[0]!.results[0])).toContain(
      '"physicalLocation":{"artifactLocation":{"uri":"t.csv","uriBaseId":"%SRCROOT%"},"region":{"startLine":3}}',
    );
    const xml = readFileSync('r.xml', 'utf8');
    expect(xml).toContain('<testsuite name="embed dedup" tests="5" failures="4" errors="0" skipped="1">');
    expect(xml).toContain(
      '<testcase classname="embed dedup" name="rows of t.csv"><skipped message="not judged: 1 of 7 rows of t.csv (blank)"/></testcase>',
    );
    expect(xml.match(/<failure /g)).toHaveLength(4);
    const html = readFileSync('r.html', 'utf8');
    expect(html).toContain('<title>Duplicates in t.csv</title>');
    expect(html).toContain('t.csv:5');
    expect(html).not.toMatch(/<(script|link|img)|https?:/);
  });

  it('escape what a text could do', async () => {
    inFreshFolder();
    const evil = '<script>alert(1)</script> & "::stop-commands::x" ]]> \u0007\u001b[31m 100%';
    writeFileSync('a,b.txt', `${evil}\n${evil}\n`);
    const { out } = await run([
      'dedup',
      'a,b.txt',
      '-q',
      '--report',
      'r.html',
      '--report',
      'r.xml',
      '--report',
      'r.sarif',
      '--min-cosine',
      '0.9',
    ]);
    expect(stripVTControlCharacters(out)).toBe(out);
    expect(out).not.toContain('\u0007');
    for (const line of out.split('\n')) expect(line).not.toMatch(/^(<|::)/);
    const html = readFileSync('r.html', 'utf8');
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp;');
    const xml = readFileSync('r.xml', 'utf8');
    expect(xml).toContain('&lt;script&gt;');
    // oxlint-disable-next-line no-control-regex -- XML has no form for them
    expect(xml).not.toMatch(/[\u0000-\u0008\u001b]/);
    expect(JSON.parse(readFileSync('r.sarif', 'utf8'))).toBeTruthy();
    const github = await run(['dedup', 'a,b.txt', '-q', '--format', 'github', '--min-cosine', '0.9']);
    expect(github.out).toBe(
      '::error file=a%2Cb.txt,line=2,title=Exact copy::repeats a,b.txt:1 (exact copy): <script>alert(1)</script> & "::stop-commands::x" ]]> ␇␛[31m 100%25\n' +
        '::notice title=embed dedup::1 of 2 rows repeats another: 1 exact, 0 near (cosine ≥ 0.9); none is allowed\n',
    );
    expect((await run(['dedup', 'a,b.txt', '-q', '--format', 'github', '--min-cosine', '0.9', '--max-duplicates', '1'])).out).toMatch(
      /^::warning /,
    );
  });

  it('show the largest groups, and say how many are left out', async () => {
    inFreshFolder();
    const rows = Array.from({ length: 25 }, (_, group) =>
      Array.from({ length: group === 3 ? 15 : 2 }, () => [Math.cos(group), Math.sin(group), 0]),
    );
    writeMatrix('a.npy', rows.flat());
    const { out } = await run(['dedup', 'a.npy', '-q', '--min-cosine', '0.9999']);
    expect(out).toMatch(/^row:6\n {2}1\.000 {2}row:7\n/);
    expect(out).toContain('  … and 4 rows more\n');
    expect(out).toContain(
      '\n5 smaller groups are not shown; --report FILE.html or FILE.csv lists them\n\n38 of 63 rows repeat another: 0 exact, 38 near (cosine ≥ 0.9999); none is allowed\n',
    );
  });

  it('are cut at the terminal and nowhere else', async () => {
    inFreshFolder();
    const text = `${'宽'.repeat(60)} the sea`;
    writeFileSync('a.txt', `${text}\n${text}\n`);
    const { out } = await run(['dedup', 'a.txt', '-q', '--min-cosine', '0.9'], { tty: true });
    expect(stripVTControlCharacters(out).split('\n')[0]).toMatch(/^a\.txt:1 {2}宽{34,35}…$/);
    expect((await run(['dedup', 'a.txt', '-q', '--min-cosine', '0.9'])).out.split('\n')[0]).toBe(`a.txt:1  ${text}`);
  });
});

describe('the fields of the kept row', () => {
  const args = ['dedup', 't.csv', '--text-column', 'body', '-q'];
  const table = async (...more: string[]): Promise<Record<string, string>[]> =>
    parse((await run([...args, ...more, '--format', 'csv', '--exit-zero'])).out, { columns: true }) as Record<string, string>[];

  it('stand beside those of the dropped row in every report', async () => {
    inTickets();
    const files = ['r.html', 'r.sarif', 'r.xml', 'r.tsv'];
    const { out } = await run([...args, '--format', 'json', ...files.flatMap((file) => ['--report', file])]);
    const json = JSON.parse(out) as { results: DuplicateRecord[] };
    expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
    expect(json.results[2]).toMatchObject({ fields: { nr: '3', team: 'ops' }, keeper_fields: { nr: '1', team: 'it' } });
    expect(json.results[0]).not.toHaveProperty('keeper_fields');
    const rows = await table();
    expect(Object.keys(rows[0]!).slice(12).join(' ')).toBe(
      'text keeper_text nr team keeper_nr keeper_team copy_of_row copy_of_id copy_of_file copy_of_line difference',
    );
    expect(rows[2]).toMatchObject({ nr: '3', keeper_nr: '1', team: 'ops', keeper_team: 'it' });
    expect(rows[0]).toMatchObject({ keeper_nr: '', keeper_team: '' });
    expect(readFileSync('r.tsv', 'utf8').split('\n')[3]).toMatch(/\t3\tops\t1\tit\t\t\t\t\t$/);
    const words = 'exact copy; kept: nr 1, team it; dropped: nr 3, team ops';
    for (const file of ['r.sarif', 'r.xml']) expect(readFileSync(file, 'utf8')).toContain(words);
    expect((await run([...args, '--format', 'github'])).out).toContain(words);
    const html = readFileSync('r.html', 'utf8');
    for (const fields of ['nr 1, team it', 'nr 3, team ops']) expect(html).toContain(`<div class="more" dir="auto">${fields}</div>`);
  });

  it('have the columns of the other corpus, and the same header whatever is found', async () => {
    inTickets();
    writeFileSync('train.csv', 'label,body\nfood,How do I cook rice?\n');
    writeFileSync('none.csv', 'label,body\nfood,a red car\n');
    const rows = await table('--against', 'train.csv');
    expect(rows[3]).toMatchObject({ verdict: 'dropped', nr: '4', keeper_label: 'food' });
    const clean = await table('--against', 'none.csv');
    expect(Object.keys(clean[0]!)).toEqual(Object.keys(rows[0]!));
    expect(Object.keys((await table('--against', 'train.csv', '--within'))[0]!)).toEqual(
      expect.arrayContaining(['keeper_nr', 'keeper_team', 'keeper_label']),
    );
  });

  it('do not take the names of other columns', async () => {
    inTickets('body,id,copy_of_row,x,keeper_x\nthe sea,T1,a,1,2\nthe sea,T2,b,3,4\n');
    const [, dropped] = await table();
    expect(dropped).toMatchObject({
      'fields.id': 'T2',
      'keeper_fields.id': 'T1',
      'fields.copy_of_row': 'b',
      keeper_copy_of_row: 'a',
    });
    expect(dropped).toMatchObject({ x: '3', keeper_x: '4', 'keeper_fields.x': '1', keeper_keeper_x: '2' });
  });

  it('leave the text report readable', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `column ${at}`);
    const row = (value: string): string => names.map(() => value).join(',');
    inTickets(`body,${names.join(',')}\nthe sea,${row('a'.repeat(100))}\nthe sea,${row('b')}\nthe sea,${row('b')}\n`);
    const { out } = await run(args);
    const [kept, first] = out.split('\n');
    expect(kept).toBe(`t.csv:2  the sea  [${[0, 1, 2].map((at) => `column ${at} ${'a'.repeat(23)}…`).join(', ')}]`);
    expect(first).toBe('  exact  t.csv:3  the sea  [column 0 b, column 1 b, column 2 b]');
    // on a terminal, the text comes first
    const screen = stripVTControlCharacters((await run(args, { tty: true })).out).split('\n');
    expect(screen.slice(0, 2)).toEqual(['t.csv:2  the sea', '  exact  t.csv:3  the sea  [column 0 b, column 1 b, column 2 b]']);
  });

  it('include ids that are not places', async () => {
    inTickets();
    const { out } = await run([...args, '--id-column', 'nr', '--format', 'github']);
    expect(out).toContain('(exact copy; kept: id 1, team it; dropped: id 3, team ops)');
    expect((await run([...args, '--id-column', 'nr'])).out).toContain('does not respond  [id 3, team ops]\n');
  });

  it('are those of both rows of a pair', async () => {
    inTickets();
    const { out } = await run([...args, '--pairs', '-n', '1', '--format', 'json', '--report', 'r.csv', '--report', 'r.txt']);
    const json = JSON.parse(out) as { results: object[] };
    expect(validPairs(json), JSON.stringify(validPairs.errors)).toBe(true);
    expect(json.results[0]).toMatchObject({ fields: { nr: '3', team: 'ops' }, other_fields: { nr: '1', team: 'it' } });
    const [row] = parse(readFileSync('r.csv', 'utf8'), { columns: true }) as Record<string, string>[];
    expect(Object.keys(row!).slice(-5)).toEqual(['nr', 'team', 'other_nr', 'other_team', 'difference']);
    expect(row).toMatchObject({ team: 'ops', other_team: 'it' });
    expect(readFileSync('r.txt', 'utf8')).toMatch(/respond {2}\[nr 1, team it\]\n.*respond {2}\[nr 3, team ops\]\n/);
  });
});
