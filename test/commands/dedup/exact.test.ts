import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { foldText } from '../../../src/analysis/duplicates/fold-text.ts';
import type { DuplicateRecord, DuplicateSummary } from '../../../src/report/duplicates.ts';
import { startPreloaded } from '../../children.ts';
import { encodeOnce, inFreshFolder, projectFolder, run } from '../../run.ts';
import { inEncodedTickets, inTickets, records, TICKETS, validRows, verdicts, writeMatrix } from './shared.ts';

/** The command on the tickets, by text only. */
const inTexts = (text?: string): string[] => [...inTickets(text), '--exact'];

const summaryOf = async (args: string[]): Promise<DuplicateSummary> =>
  (JSON.parse((await run([...args, '--format', 'json'])).out) as { summary: DuplicateSummary }).summary;

/** Words in a fixed, mixed order, some of them copies of earlier ones, some copies but for case and spaces. */
const made = (count: number): string[] => {
  const texts: string[] = [];
  for (let at = 0; at < count; at++) {
    const drawn = (at * 7919) % 1009;
    if (drawn < 200 && at > 10) texts.push(texts[(at * 31) % at]!);
    else if (drawn < 250 && at > 10) texts.push(` ${texts[(at * 17) % at]!.toUpperCase()} `);
    else if (drawn < 260) texts.push(' ');
    else texts.push(`ticket ${drawn} of week ${at % 400}, Straße`);
  }
  return texts;
};

afterEach(() => void vi.unstubAllEnvs());

describe('--exact', () => {
  it('finds copies by text, not near-duplicates, and says so', async () => {
    const args = inTexts();
    const { code, out, err } = await run(args);
    expect({ code, out, err }).toEqual({
      code: 1,
      out:
        't.csv:2  The printer on floor 3 does not respond  [nr 1, team it]\n' +
        '  exact  t.csv:5  The printer on floor 3 does not respond  [nr 3, team ops]\n' +
        '\n' +
        '1 of 7 rows repeats another: 1 exact (by text); not judged: 1 blank; none is allowed\n',
      err: '',
    });
    expect(await verdicts(args)).toEqual(['kept', 'kept', 'exact 0', 'kept', 'blank', 'kept', 'kept']);
  });

  it('finds texts that are folded alike', async () => {
    const args = inTexts('body\nWhere is my refund?\nwhere is my  REFUND?\nWhere is my refund\n');
    expect(await verdicts([...args, '--fold'])).toEqual(['kept', 'exact 0', 'kept']);
    expect(await verdicts([...args, '--fold-punctuation'])).toEqual(['kept', 'exact 0', 'exact 0']);
    const { out } = await run([...args, '--fold']);
    expect(out).toMatch(/\n1 of 3 rows repeats another: 1 copy \(by text\); none is allowed\n$/);
  });

  it('says the same as a run by cosine as far as copies go', async () => {
    const args = await inEncodedTickets();
    const byCosine = await verdicts([...args, '--min-cosine', '1']);
    expect((await verdicts([...args, '--exact'])).map((one) => one)).toEqual(
      byCosine.map((one) => (one.startsWith('near') ? 'kept' : one)),
    );
  });

  it('finds what a table of texts finds, whatever is kept', async () => {
    inFreshFolder();
    const texts = made(3000);
    writeFileSync('made.txt', `${texts.join('\n')}\n`);
    for (const [flag, fold] of [
      [[], 'none'],
      [['--fold'], 'form'],
      [['--fold-punctuation'], 'punctuation'],
    ] as const) {
      const keys = texts.map((text) => foldText(text, fold));
      const seen = new Map<string, number>();
      const expected = keys.map((key, at) => {
        if (texts[at]!.trim() === '') return 'blank';
        const first = seen.get(key) ?? at;
        seen.set(key, first);
        return first === at ? 'kept' : `exact ${first}`;
      });
      expect(await verdicts(['dedup', 'made.txt', '--exact', '-q', ...flag])).toEqual(expected);
      const last = await verdicts(['dedup', 'made.txt', '--exact', '-q', '--keep', 'last', ...flag]);
      keys.forEach((key, at) => {
        if (expected[at] !== 'blank') expect(last[at]).toBe(keys.lastIndexOf(key) === at ? 'kept' : `exact ${keys.lastIndexOf(key)}`);
      });
    }
  });

  it('keeps by length and by a field', async () => {
    const args = inTexts('body,nr\nthe sea,1\nthe  SEA,3\ncooked rice,1\n The Sea ,2\n');
    const which = (keep: string): Promise<string[]> => verdicts([...args, '--fold', '--keep', keep]);
    expect(await which('first')).toEqual(['kept', 'exact 0', 'kept', 'exact 0']);
    expect(await which('longest')).toEqual(['exact 3', 'exact 3', 'kept', 'kept']);
    expect(await which('shortest')).toEqual(['kept', 'exact 0', 'kept', 'exact 0']);
    expect(await which('max:nr')).toEqual(['exact 1', 'kept', 'kept', 'exact 1']);
    expect(await which('min:nr')).toEqual(['kept', 'exact 0', 'kept', 'exact 0']);
  });

  it('compares labels, and accepts rows that may repeat others', async () => {
    const args = inTexts('body,label,known\nthe sea,a,\nthe sea,b,\nthe sea,a,\ncooked rice,a,\ncooked rice,a,yes\n');
    const { out } = await run([...args, '--label-column', 'label', '--accept-column', 'known', '--format', 'jsonl']);
    expect(records({ out } as never).map(({ verdict }) => verdict)).toEqual(['kept', 'conflict', 'dropped', 'kept', 'accepted']);
    expect((await run([...args, '--label-column', 'label', '--fail-on', 'conflicts', '--max-duplicates', '1'])).code).toBe(0);
  });

  it('tells lone surrogates apart', async () => {
    const args = inTexts();
    writeFileSync('a.jsonl', '{"text":"tea \\ud800"}\n{"text":"tea \\ud801"}\n{"text":"tea \\ud800"}\n');
    expect(await verdicts([args[0]!, 'a.jsonl', '-q', '--exact'])).toEqual(['kept', 'kept', 'exact 0']);
  });
});

describe('inputs of --exact', () => {
  const same = 'The printer on floor 3 does not respond';
  it.each<[string, string, string | Buffer, string[]]>([
    ['lines', 'a.txt', `${same}\nthe sea\n${same}\n`, []],
    ['csv', 'a.csv', `n,text\n1,${same}\n2,the sea\n3,"${same}"\n`, []],
    ['tsv', 'a.tsv', `n\ttext\n1\t${same}\n2\tthe sea\n3\t${same}\n`, []],
    ['jsonl', 'a.jsonl', [same, 'the sea', same].map((text) => `${JSON.stringify({ text })}\n`).join(''), []],
    ['json', 'a.json', JSON.stringify([same, 'the sea', same].map((text) => ({ text }))), []],
    ['gzip', 'a.txt.gz', gzipSync(`${same}\nthe sea\n${same}\n`), []],
    ['UTF-16', 'a.txt', Buffer.from(`\ufeff${same}\nthe sea\n${same}\n`, 'utf16le'), []],
    ['HTML', 'a.csv', `text\n<p>${same}</p>\nthe sea\n${same}\n`, ['--html', 'strip']],
    ['ids', 'a.csv', `key,text\nx,${same}\ny,the sea\nz,${same}\n`, ['--id-column', 'key', '--columns', 'none', '--text-column', 'text']],
  ])('may be %s, from a file or a pipe', async (_, name, content, flags) => {
    inFreshFolder();
    writeFileSync(name, content);
    const format = /\.(\w+)(?:\.gz)?$/.exec(name)![1]!.replace('txt', 'lines');
    expect(await verdicts(['dedup', name, '--exact', '-q', ...flags])).toEqual(['kept', 'kept', 'exact 0']);
    const piped = ['dedup', '-', '--input-format', format, '--exact', '-q', ...flags];
    expect(await verdicts(piped, { stdin: Buffer.from(content) })).toEqual(['kept', 'kept', 'exact 0']);
  });

  it('may be several, which are one corpus', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\ncooked rice\n');
    writeFileSync('b.txt', 'cooked rice\nthe moon\n');
    writeFileSync('c.txt', '');
    const { out, err } = await run(['dedup', 'a.txt', 'b.txt', 'c.txt', '--exact']);
    expect(out).toContain('a.txt:2  cooked rice\n  exact  b.txt:1  cooked rice\n');
    expect(err).toBe('note: c.txt has no rows\n');
  });

  it('are read with the notes of every command, once', async () => {
    inFreshFolder();
    writeFileSync('a.csv', 'n;text\n1;<p>the <b>sea</b></p>\n2;<p>cooked <i>rice</i></p>\n3;<p>the <b>sea</b></p>\n');
    writeFileSync('t.txt', '{"text":"the sea"}\n{"text":"cooked rice"}\n');
    const { err } = await run(['dedup', 'a.csv', '--exact', '--format', 'csv', '--report', 'r.json']);
    expect(err).toMatch(/^a\.csv: columns are separated by ";".*\nnote: 3 of 3 rows of a\.csv are written in HTML.*\nwrote r\.json\n$/);
    expect((await run(['dedup', 't.txt', '--exact'])).err).toMatch(/^note: t\.txt looks like JSON/);
    const piped = await run(['dedup', '-', '--exact'], { stdin: '{"text":"the sea"}\n{"text":"the sea"}\n' });
    expect(piped.err).toMatch(/^note: standard input looks like JSON and is read as such/);
    expect(piped.out).toContain('1 of 2 rows repeats another');
  });

  it('may be a set, by its texts, whatever the model read of them', async () => {
    inFreshFolder();
    const long = 'the sea and the moon '.repeat(300);
    writeFileSync('a.csv', `text\n${long}one\n${long}two\n草\n${long}one\n草\n`);
    await encodeOnce('a.csv');
    expect(await verdicts(['dedup', 'a.npy', '--exact', '-q'])).toEqual(['kept', 'kept', 'kept', 'exact 0', 'exact 2']);
    const summary = await summaryOf(['dedup', 'a.npy', '--exact', '-q']);
    expect(summary).toMatchObject({ model: null, min_cosine: null, near: 0, exact: 2, unjudged: 0 });
    const { code } = await run(['dedup', 'a.npy', '--exact', '-q', '-o', 'clean.npy', '--dropped', 'gone.npy']);
    expect(code).toBe(0);
    expect(readFileSync('clean.rows.jsonl', 'utf8').match(/\n/g)).toHaveLength(3);
    expect(readFileSync('gone.rows.jsonl', 'utf8').match(/\n/g)).toHaveLength(2);
  });

  it('of which a set is there are read themselves', async () => {
    const args = await inEncodedTickets();
    expect((await run([...args.slice(0, -1), '--exact'])).err).toBe('');
  });

  it('may be vectors in JSON Lines, by their texts', async () => {
    inFreshFolder();
    const line = (text: string, x: number): string => `${JSON.stringify({ text, embedding: [x, 1] })}\n`;
    writeFileSync('v.jsonl', line('the sea', 1) + line('the moon', 1) + line('the sea', 3));
    const args = ['dedup', 'v.jsonl', '--exact', '-q'];
    expect(await verdicts(args)).toEqual(['kept', 'kept', 'exact 0']);
    await run([...args, '-o', 'clean.jsonl']);
    expect(readFileSync('clean.jsonl', 'utf8')).toBe(line('the sea', 1) + line('the moon', 1));
    writeFileSync('v.jsonl', `${line('the sea', 1)}{"embedding":[1,2]}\n`);
    expect(await run(args)).toMatchObject({
      code: 2,
      err: expect.stringContaining('Cannot compare the texts of v.jsonl: row 1 has none\nhint: Give the corpus') as string,
    });
  });

  it('must have texts; a .npy takes them from --texts', async () => {
    inFreshFolder();
    writeMatrix('bare.npy', [
      [1, 0],
      [0, 1],
      [1, 0],
    ]);
    writeFileSync('texts.txt', 'the sea\nthe sea\nthe moon\n');
    expect(await run(['dedup', 'bare.npy', '--exact'])).toMatchObject({
      code: 2,
      err: 'error: Cannot compare the texts of bare.npy: it has none\nhint: Give the corpus that it was made from, or the texts of a .npy with --texts; without --exact, its vectors are compared\n',
    });
    expect(await verdicts(['dedup', 'bare.npy', '--exact', '--texts', 'texts.txt', '-q'])).toEqual(['kept', 'exact 0', 'kept']);
  });

  it('that changed since their set was made are refused, but for --force', async () => {
    await inEncodedTickets();
    writeFileSync('t.csv', TICKETS.replace('rice', 'beans'));
    expect(await run(['dedup', 't.npy', '--exact', '-q'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('t.csv has changed') as string,
    });
    expect((await run(['dedup', 't.npy', '--exact', '-q', '--force'])).code).toBe(1);
  });

  it('without rows are an error, and without texts no verdict', async () => {
    inFreshFolder();
    writeFileSync('a.txt', '');
    writeFileSync('b.txt', '\n \n');
    expect(await run(['dedup', 'a.txt', '--exact'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('a.txt: it has no rows') as string,
    });
    expect(await run(['dedup', 'b.txt', '--exact'])).toMatchObject({
      code: 2,
      err:
        'error: Cannot check b.txt: nothing could be compared; not judged: 2 of 2 rows of b.txt (blank)\n' +
        'hint: Check that the texts are in the column you meant; with --exit-zero the check passes\n',
    });
  });
});

describe('--exact --against', () => {
  const write = (): void => {
    inFreshFolder();
    writeFileSync('test.csv', 'q,n\nthe sea,1\ncooked rice,2\nthe moon,3\nthe moon,4\n');
    writeFileSync('train.csv', 'question,n\nthe moon,1\ncooked  RICE,2\n');
    writeFileSync('more.txt', 'the sea\n');
    writeFileSync('none.txt', '');
  };
  const args = ['dedup', 'test.csv', '--exact', '-q', '--text-column', 'q', '--against-text-column', 'question'];

  it('finds rows that repeat those of OTHER, and each other with --within', async () => {
    write();
    const against = [...args, '--against', 'train.csv', '--against', 'more.txt', '--against', 'none.txt'];
    expect(await verdicts(against)).toEqual(['exact 0', 'kept', 'exact 0', 'exact 0']);
    expect(await verdicts([...against, '--fold'])).toEqual(['exact 0', 'exact 1', 'exact 0', 'exact 0']);
    expect(await verdicts([...args, '--against', 'train.csv', '--within'])).toEqual(['kept', 'kept', 'exact 0', 'exact 0']);
    const { out } = await run(against);
    expect(out).toMatch(
      /\n3 of 4 rows repeat rows of train\.csv, more\.txt, none\.txt: 3 exact \(by text\); none\.txt has no rows; none is allowed\n$/,
    );
    expect(out).toContain('train.csv:2  the moon  [n 1]\n  exact  test.csv:4  the moon  [n 3]\n');
  });

  it('reads a pipe for either of them', async () => {
    write();
    expect(await verdicts(['dedup', '-', '--exact', '-q', '--against', 'more.txt'], { stdin: 'the sea\nthe moon\n' })).toEqual([
      'exact 0',
      'kept',
    ]);
    expect(await verdicts(['dedup', 'more.txt', '--exact', '-q', '--against', '-'], { stdin: 'the moon\nthe sea\n' })).toEqual(['exact 1']);
  });

  it('takes a set for OTHER', async () => {
    write();
    await encodeOnce('more.txt');
    expect(await verdicts(['dedup', 'test.csv', '--exact', '-q', '--text-column', 'q', '--against', 'more.npy'])).toEqual([
      'exact 0',
      'kept',
      'kept',
      'kept',
    ]);
  });
});

describe('reports of --exact', () => {
  it('say the same in every format; copies have no cosine', async () => {
    const args = inTexts();
    const { out } = await run([...args, '--format', 'json']);
    const json = JSON.parse(out) as { summary: DuplicateSummary; results: DuplicateRecord[] };
    expect(validRows(json), JSON.stringify(validRows.errors)).toBe(true);
    expect(json.summary).toMatchObject({
      model: null,
      min_cosine: null,
      rows: 7,
      kept: 6,
      dropped: 1,
      exact: 1,
      near: 0,
      unjudged: 1,
      unjudged_by_reason: { blank: 1, cut: 0, unknown: 0, foreign: 0, zero: 0 },
      passed: false,
    });
    expect(json.results[2]).toEqual({
      row: 2,
      id: 't.csv:5',
      verdict: 'dropped',
      keeper_row: 0,
      keeper_id: 't.csv:2',
      file: 't.csv',
      line: 5,
      match: 'exact',
      keeper_file: 't.csv',
      keeper_line: 2,
      text: 'The printer on floor 3 does not respond',
      keeper_text: 'The printer on floor 3 does not respond',
      fields: { nr: '3', team: 'ops' },
      keeper_fields: { nr: '1', team: 'it' },
    });
    expect(records(await run([...args, '--format', 'jsonl']))).toEqual(json.results);
    expect((await run([...args, '--format', 'csv'])).out).toMatch(/\n2,t\.csv:5,dropped,0,t\.csv:2,,t\.csv,5,exact,/);
    expect((await run([...args, '--format', 'tsv'])).out).toContain('2\tt.csv:5\tdropped\t0\tt.csv:2\t\tt.csv\t5\texact\t');
    const github = (await run([...args, '--format', 'github'])).out;
    expect(github).toContain('title=Exact copy::repeats t.csv:2 (exact copy; kept: nr 1, team it; dropped: nr 3, team ops)');
    await run([...args, '--report', 'r.html', '--report', 'r.sarif', '--report', 'r.xml']);
    const html = readFileSync('r.html', 'utf8');
    expect(html).toContain('<dt>compared by</dt><dd>text</dd>');
    expect(html).not.toMatch(/cosine|null|near-duplicates|threshold/);
    expect(readFileSync('r.sarif', 'utf8')).toContain('1 of 7 rows repeats another: 1 exact (by text)');
    expect(readFileSync('r.xml', 'utf8')).toContain('repeats t.csv:2 (exact copy; kept: nr 1, team it; dropped: nr 3, team ops)');
  });

  it('look many rows up as they look few up', async () => {
    inFreshFolder();
    const texts = made(20_000);
    writeFileSync('made.csv', `n,text\n${texts.map((text, at) => `${at},"${text}"\n`).join('')}`);
    const all = records(await run(['dedup', 'made.csv', '--text-column', 'text', '--exact', '-q', '--format', 'jsonl']));
    expect(all).toHaveLength(20_000);
    for (const [at, { text, fields, line, keeper_row: keeper, keeper_text: kept, keeper_fields: theirs }] of all.entries()) {
      expect({ text, fields, line }).toEqual({ text: texts[at], fields: { n: String(at) }, line: at + 2 });
      if (keeper !== undefined) expect({ kept, theirs }).toEqual({ kept: texts[keeper], theirs: { n: String(keeper) } });
    }
  });

  it('count against an allowance', async () => {
    const args = inTexts();
    expect((await run([...args, '--max-duplicates', '1'])).code).toBe(0);
    expect((await run([...args, '--max-duplicates', '10%'])).code).toBe(1);
    expect((await run([...args, '--exit-zero'])).code).toBe(0);
    expect(await run(inTexts('body\nthe sea\ncooked rice\n'))).toMatchObject({ code: 0, out: 'no duplicates among 2 rows (by text)\n' });
  });

  it('give no advice to encode', async () => {
    const { err } = await run(inTexts().filter((word) => word !== '-q'));
    expect(err).toBe('');
  });
});

describe('the rows that --exact keeps', () => {
  it('are copied byte for byte, the others beside them', async () => {
    const lines = TICKETS.split(/(?<=\n)/);
    const args = inTexts();
    expect((await run([...args, '-o', 'clean.csv', '--dropped', 'gone.csv'])).code).toBe(0);
    expect(readFileSync('clean.csv', 'utf8')).toBe([0, 1, 2, 3, 5, 6, 7, 8].map((at) => lines[at]).join(''));
    expect(readFileSync('gone.csv', 'utf8')).toBe([0, 4].map((at) => lines[at]).join(''));
  });

  it('go into a folder where there are several files', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\r\ncooked rice\r\n');
    writeFileSync('b.txt', 'cooked rice\nthe moon');
    expect((await run(['dedup', 'a.txt', 'b.txt', '--exact', '-q', '-o', 'clean/'])).code).toBe(0);
    expect([readFileSync('clean/a.txt', 'utf8'), readFileSync('clean/b.txt', 'utf8')]).toEqual(['the sea\r\ncooked rice\r\n', 'the moon']);
  });

  it('go through a pipe', async () => {
    inFreshFolder();
    const { code, out, err } = await run(['dedup', '-', '--exact', '-o', '-'], { stdin: Buffer.from('the sea\r\nrice\r\nthe sea\r\n') });
    expect({ code, out }).toEqual({ code: 0, out: 'the sea\r\nrice\r\n' });
    expect(err).toContain('1 of 3 rows repeats another: 1 exact (by text)');
  });

  it('are never all of a template too many: any share of copies is dropped', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\n'.repeat(10));
    expect((await run(['dedup', 'a.txt', '--exact', '-q', '-o', 'clean.txt'])).code).toBe(0);
    expect(readFileSync('clean.txt', 'utf8')).toBe('the sea\n');
  });

  it('do not replace an input', async () => {
    const args = inTexts();
    expect(await run([...args, '-o', 't.csv', '--overwrite'])).toMatchObject({ code: 2 });
    expect(readFileSync('t.csv', 'utf8')).toBe(TICKETS);
  });
});

describe('without a runtime', () => {
  const start = (...args: string[]): ReturnType<typeof startPreloaded> => startPreloaded(join(projectFolder, 'test/no-models.js'), args);

  it('--exact works: it loads no model, no tokenizer and no kernel', async () => {
    const args = inTexts();
    const { code, out, err } = await start(...args, '-o', 'clean.csv', '--report', 'r.html', '--report', 'r.sarif', '--format', 'json')
      .ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((JSON.parse(out) as { summary: DuplicateSummary }).summary.exact).toBe(1);
  });

  it('no other run does', async () => {
    const { code, err } = await start(...inTickets()).ended;
    expect(code).not.toBe(0);
    expect(err).toContain('no models here');
  });
});

describe('options without effect beside --exact', () => {
  it.each([
    [['--min-cosine', '0.9'], '--min-cosine'],
    [['--min-cosine', 'auto'], '--min-cosine'],
    [['--differing', 'drop'], '--differing'],
    [['--pairs'], '--pairs'],
    [['--pairs', '-n', '5'], '--pairs'],
    [['--seed', '1'], '--seed'],
    [['--threads', '1'], '--threads'],
    [['--cache', 'vectors'], '--cache'],
    [['--model', 'minilm'], '--model'],
    [['--pooling', 'cls'], '--pooling'],
    [['--dims', '8'], '--dims'],
    [['--precision', 'int8'], '--precision'],
    [['--calibrate', 't.csv'], '--calibrate'],
    [['--prompt', 'query'], '--prompt'],
    [['--prompt-text', 'x'], '--prompt-text'],
  ])('%j', async (more, name) => {
    const { code, out, err } = await run([...inTexts(), ...more]);
    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: `error: Cannot use ${name} with --exact, which compares texts without a model\nhint: Leave ${name} out, or leave --exact out to compare vectors as well\n`,
    });
  });

  it('--force, unless there is a set', async () => {
    expect((await run([...inTexts(), '--force'])).err).toBe(
      'error: Cannot use --force with --exact: no input is a vector set\nhint: Leave it out; it judges a set whose corpus has changed\n',
    );
  });

  it('but a cache that the environment names is left alone', async () => {
    const args = inTexts();
    mkdirSync('cache');
    vi.stubEnv('EMBED_CACHE', 'cache');
    expect((await run(args)).code).toBe(1);
    expect((await run([...args, '--cache', 'cache'])).code).toBe(2);
  });
});
