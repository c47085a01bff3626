import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dedup } from '../../../src/index.ts';
import { inFreshFolder, run, type Outcome } from '../../run.ts';
import { validRows, verdicts, writeMatrix } from './shared.ts';

type Row = { text: string; label?: string; at: number };

const row = (text: string, at: number, label?: string): Row => ({ text, at, ...(label === undefined ? {} : { label }) });

/** Rows with vectors on a circle: those at most ten degrees apart are near each other. */
const write = (rows: readonly Row[], name = 'rows.jsonl'): void =>
  writeFileSync(
    name,
    rows
      .map(({ at, ...rest }) => {
        const angle = (at * Math.PI) / 180;
        return `${JSON.stringify({ ...rest, embedding: [Math.cos(angle), Math.sin(angle)] })}\n`;
      })
      .join(''),
  );

/** A chain: dawn is near dusk, which is near night, but dawn is not near night; noon is there twice. */
const ROWS: readonly Row[] = [row('dawn', 0), row('dusk', 9), row('night', 18), row('noon', 60), row('noon', 60), row('week', 120)];

const COMMAND = ['dedup', 'rows.jsonl', '--min-cosine', '0.98'];
const CHECK = [...COMMAND, '--baseline', 'known.jsonl'];
const UPDATE = [...CHECK, '--update-baseline'];

/** A fresh folder with these rows, whose duplicates are known. */
const inKnown = async (rows: readonly Row[] = ROWS, flags: readonly string[] = []): Promise<Outcome> => {
  inFreshFolder();
  write(rows);
  return run([...UPDATE, ...flags]);
};

const lines = (): string[] => readFileSync('known.jsonl', 'utf8').trimEnd().split('\n');

const failsWith = async (args: readonly string[], message: string, hint: string): Promise<void> => {
  const { code, err } = await run(args);
  expect(err).toContain(message);
  expect(err).toContain(hint);
  expect(code).toBe(2);
};

describe('--baseline', () => {
  it('accepts what was there when it was written, and counts what came later', async () => {
    expect((await inKnown()).code).toBe(0);
    expect((await run(COMMAND)).code).toBe(1);
    expect(await verdicts(CHECK)).toEqual(['kept', 'accepted', 'accepted', 'kept', 'accepted', 'kept']);
    expect(await run(CHECK)).toEqual({ code: 0, out: 'no duplicates among 6 rows (cosine ≥ 0.98); 3 accepted repeats\n', err: '' });
    write([...ROWS, row('weekday', 121)]);
    expect((await verdicts(CHECK)).at(-1)).toBe('near 5');
    expect(await run([...CHECK, '-q'])).toMatchObject({ code: 1, out: expect.stringContaining('1 of 7 rows repeats another') as string });
  });

  it('keeps what it accepts, and drops what is new', async () => {
    await inKnown();
    write([row('weekend', 122), ...ROWS]);
    await run([...CHECK, '-o', 'clean.jsonl', '-q']);
    expect(readFileSync('clean.jsonl', 'utf8').match(/"text":"\w+"/g)).toEqual(
      ['weekend', ...ROWS.slice(0, 5).map(({ text }) => text)].map((text) => `"text":"${text}"`),
    );
  });

  it('finds a new row that is near an accepted row only', async () => {
    await inKnown([row('dawn', 0), row('dusk', 9)]);
    write([row('dawn', 0), row('dusk', 9), row('gloom', 18)]);
    expect(await verdicts(CHECK)).toEqual(['kept', 'accepted', 'near 1']);
  });

  it('finds the new row, not the known one, wherever it stands', async () => {
    await inKnown();
    write([row('gloom', 4), ...ROWS]);
    expect(await verdicts(CHECK)).toEqual(['near 1', 'kept', 'accepted', 'accepted', 'kept', 'accepted', 'kept']);
  });

  it('holds when files are renamed, put together and edited elsewhere', async () => {
    inFreshFolder();
    const [printer, rice] = ['The printer on floor 3 does not respond', 'How do I cook rice?'];
    writeFileSync('one.txt', `${[printer, `${printer}.`, rice, rice].join('\n')}\n`);
    const known = ['-q', '--baseline', 'known.jsonl'];
    await run(['dedup', 'one.txt', ...known, '--update-baseline']);
    writeFileSync('b.txt', `Where is my refund?\n${printer}.\n${rice}\n`);
    writeFileSync('a.txt', `${printer}\n${rice}\n`);
    expect(await verdicts(['dedup', 'b.txt', 'a.txt', ...known])).toEqual(['kept', 'kept', 'kept', 'accepted', 'accepted']);
    expect((await run(['dedup', 'b.txt', '--against', 'a.txt', ...known])).code).toBe(0);
  });

  it('accepts so many copies of a text and no more', async () => {
    await inKnown();
    write([...ROWS, row('noon', 60)]);
    expect(await verdicts(CHECK)).toEqual(['kept', 'accepted', 'accepted', 'kept', 'accepted', 'kept', 'exact 3']);
    write([...ROWS, row('dusk', 9)]);
    expect((await run(CHECK)).code).toBe(1);
  });

  it('drops a copy whose first row repeats a new row', async () => {
    await inKnown([row('noon', 60), row('noon', 60)]);
    write([row('noon', 60), row('noon', 60)]);
    write([row('midday', 61)], 'other.jsonl');
    expect(await verdicts([...CHECK, '--against', 'other.jsonl', '--within'])).toEqual(['near 0', 'exact 0']);
  });

  it('knows texts with other line ends', async () => {
    await inKnown([row('one\r\ntwo', 0), row('one\ntwo', 1), row('three', 2)]);
    write([row('one\ntwo', 0), row('one\r\ntwo', 1), row('three', 2)]);
    expect((await run(CHECK)).code).toBe(0);
  });

  it('covers the labels of conflicts', async () => {
    const flags = ['--label-column', 'label'];
    const rows = [row('noon', 60, 'a'), row('noon', 60, 'b'), row('dawn', 0, 'a'), row('dusk', 9, 'a')];
    await inKnown(rows, flags);
    expect(await verdicts([...CHECK, ...flags])).toEqual(['kept', 'accepted', 'kept', 'accepted']);
    const changed = async (at: number, label: string): Promise<string[]> => {
      write(rows.map((one, number) => (number === at ? { ...one, label } : one)));
      return verdicts([...CHECK, ...flags]);
    };
    expect(await changed(1, 'c')).toEqual(['kept', 'conflict', 'kept', 'accepted']);
    expect(await changed(1, 'a')).toEqual(['kept', 'exact 0', 'kept', 'accepted']);
    expect(await changed(3, 'b')).toEqual(['kept', 'accepted', 'kept', 'conflict']);
  });

  it('works without a model', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'One\none\none\ntwo\n');
    const exact = ['dedup', 'a.txt', '--exact', '--fold', '--baseline', 'known.jsonl'];
    expect(await run([...exact, '--update-baseline'])).toMatchObject({ code: 0, err: expect.stringContaining('2 entries') as string });
    expect(lines()[0]).toContain('"model":null,"min_cosine":null');
    writeFileSync('a.txt', 'two\none\nOne\none\n');
    expect(await run(exact)).toMatchObject({ code: 0, err: '' });
    writeFileSync('a.txt', 'two\none\nOne\none\nTwo\n');
    expect(await verdicts(exact)).toEqual(['kept', 'kept', 'accepted', 'accepted', 'exact 0']);
  });

  it('is read by the library', async () => {
    await inKnown();
    const { summary } = await dedup('rows.jsonl', { minCosine: 0.98, baseline: 'known.jsonl' });
    expect(summary).toMatchObject({ dropped: 0, accepted: 3, baseline: { file: 'known.jsonl', entries: 3, known: 3, gone: 0 } });
    await expect(dedup('rows.jsonl', { minCosine: 0.98, baseline: 'none.jsonl' })).rejects.toThrow('there is no such file');
  });
});

describe('--update-baseline', () => {
  it('writes a header and an entry per line, the same each time', async () => {
    const { out, err } = await inKnown();
    expect(err).toBe('wrote known.jsonl: 3 entries (3 added, 0 removed, 0 kept)\n');
    expect(out).toBe('no duplicates among 6 rows (cosine ≥ 0.98); 3 accepted repeats\n');
    const [header, ...entries] = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(header).toMatchObject({ schema: 'embed.baseline/1', model: null, min_cosine: 0.98, fold: 'none', label_column: null });
    expect(entries).toHaveLength(3);
    for (const { kind, texts } of entries) {
      expect(kind).toBe('duplicate');
      expect(texts).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    }
    expect(lines().slice(1)).toEqual(lines().slice(1).toSorted());
    const before = statSync('known.jsonl', { bigint: true });
    expect((await run(UPDATE)).err).toBe('known.jsonl is up to date: 3 entries\n');
    expect(statSync('known.jsonl', { bigint: true }).mtimeNs).toBe(before.mtimeNs);
  });

  it('removes what no longer occurs, of which a check tells', async () => {
    await inKnown();
    write(ROWS.slice(1, 4));
    const { code, err } = await run(CHECK);
    expect(err).toBe('note: 2 entries of known.jsonl no longer occur; --update-baseline removes them\n');
    expect(code).toBe(0);
    const kept = lines();
    expect((await run(UPDATE)).err).toBe('wrote known.jsonl: 1 entry (0 added, 2 removed, 1 kept)\n');
    expect(kept).toEqual(expect.arrayContaining(lines()));
    expect((await run(CHECK)).err).toBe('');
  });

  it('says so in json', async () => {
    await inKnown();
    write([...ROWS.slice(1), row('weekday', 121)]);
    const json = async (args: readonly string[]): Promise<unknown> => {
      const value = JSON.parse((await run([...args, '--format', 'json', '-q'])).out) as { summary: object };
      expect(validRows(value), JSON.stringify(validRows.errors)).toBe(true);
      return value.summary;
    };
    expect(await json(CHECK)).toMatchObject({ dropped: 1, accepted: 2, baseline: { file: 'known.jsonl', entries: 3, known: 2, gone: 1 } });
    expect(await json(UPDATE)).toMatchObject({ dropped: 0, baseline: { entries: 3, known: 3, gone: 0, added: 1, removed: 1 } });
    expect(await json(COMMAND)).not.toHaveProperty('baseline');
  });

  it('does not hold rows that are accepted in place', async () => {
    inFreshFolder();
    write(ROWS.map((one, at) => ({ ...one, ok: at === 4 ? 'yes' : '' })));
    await run([...UPDATE, '--accept-column', 'ok']);
    expect(lines()).toHaveLength(3);
    expect(await verdicts([...CHECK, '--accept-column', 'ok'])).toEqual(['kept', 'accepted', 'accepted', 'kept', 'accepted', 'kept']);
  });

  it('writes nothing where nothing could be compared', async () => {
    inFreshFolder();
    writeFileSync('a.txt', '草を刈っている\n像を彫っている\n');
    const { code, err } = await run(['dedup', 'a.txt', '-q', '--baseline', 'known.jsonl', '--update-baseline']);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('nothing could be compared') as string });
    expect(statSync('known.jsonl', { throwIfNoEntry: false })).toBeUndefined();
  });

  it('replaces no file but a baseline', async () => {
    await inKnown();
    writeFileSync('known.jsonl', '{"text":"mine"}\n');
    await failsWith(UPDATE, 'Cannot use known.jsonl as a baseline: embed dedup has not written it', 'one that is not there yet');
    expect(readFileSync('known.jsonl', 'utf8')).toBe('{"text":"mine"}\n');
    writeFileSync('known.jsonl', '');
    expect((await run(UPDATE)).code).toBe(0);
  });
});

describe('a merged baseline', () => {
  /** Baselines of two branches that each add a row near another one, and of what they began with. */
  const inBranches = async (): Promise<void> => {
    await inKnown();
    write(ROWS, 'base.jsonl');
    writeFileSync('base', readFileSync('known.jsonl'));
    for (const [name, added] of [
      ['ours', row('weekday', 121)],
      ['theirs', row('noonday', 61)],
    ] as const) {
      writeFileSync('known.jsonl', readFileSync('base'));
      write([...ROWS, added]);
      await run(UPDATE);
      writeFileSync(name, readFileSync('known.jsonl'));
    }
    write([...ROWS, row('weekday', 121), row('noonday', 61)]);
  };
  const hasGit = spawnSync('git', ['--version']).status === 0;

  it.skipIf(!hasGit)('of git merge-file --union accepts what both accept', async () => {
    await inBranches();
    writeFileSync('known.jsonl', execFileSync('git', ['merge-file', '-p', '--union', 'ours', 'base', 'theirs']));
    expect(lines()).toHaveLength(6);
    expect(await run(CHECK)).toMatchObject({ code: 0, err: '' });
  });

  it.skipIf(!hasGit)('with conflicts is told, and what to do', async () => {
    await inBranches();
    const merged = spawnSync('git', ['merge-file', '-p', '--diff3', 'ours', 'base', 'theirs'], { encoding: 'utf8' }).stdout;
    // two lines that are put into one place are a conflict to git, elsewhere they are none
    const text = merged.includes('<<<<<<<') ? merged : `${merged}<<<<<<< ours\n=======\n>>>>>>> theirs\n`;
    writeFileSync('known.jsonl', text);
    await failsWith(CHECK, 'is <<<<<<<, a merge that was not finished', 'Delete the lines that begin with');
    writeFileSync('known.jsonl', text.replace(/^[<=>|]{7}.*\n/gm, ''));
    expect((await run(CHECK)).code).toBe(0);
    writeFileSync('known.jsonl', text);
    expect((await run([...UPDATE, '-q'])).code).toBe(0);
    expect((await run(CHECK)).code).toBe(0);
  });

  it('may have lines twice, two headers, Windows line ends and a byte order mark', async () => {
    await inBranches();
    const [header, ...entries] = readFileSync('ours', 'utf8').trimEnd().split('\n');
    const theirs = readFileSync('theirs', 'utf8').trimEnd().split('\n').slice(1);
    writeFileSync('known.jsonl', `\ufeff${[header, header, ...entries.toReversed(), '', ...theirs].join('\r\n')}`);
    expect(await run(CHECK)).toMatchObject({ code: 0, err: '' });
    expect((await run(UPDATE)).err).toBe('wrote known.jsonl: 5 entries (0 added, 0 removed, 5 kept)\n');
    expect(readFileSync('known.jsonl', 'utf8')).not.toContain('\r');
  });

  it('takes the larger number of copies', async () => {
    await inKnown([row('noon', 60), row('noon', 60), row('noon', 60)]);
    const [header, entry] = lines();
    writeFileSync('known.jsonl', `${[header, entry, entry!.replace('"count":2', '"count":1')].join('\n')}\n`);
    expect((await run(CHECK)).code).toBe(0);
  });
});

describe('a baseline that cannot be used', () => {
  it('is told before anything is encoded', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'one\n');
    const { err } = await run(['dedup', 'a.txt', '--baseline', 'known.jsonl']);
    expect(err).toMatch(/^error: Cannot read the baseline known\.jsonl: there is no such file\nhint: .*--update-baseline/);
    expect(err).not.toContain('encoded');
  });

  it('is of a newer version, damaged, or none', async () => {
    await inKnown();
    const good = readFileSync('known.jsonl', 'utf8');
    const given = (text: string): void => writeFileSync('known.jsonl', text);
    given(good.replace('embed.baseline/1', 'embed.baseline/2'));
    for (const args of [CHECK, UPDATE])
      await failsWith(args, 'it is of version 2, and this program knows version 1', 'Install a newer version');
    for (const [from, to] of [
      ['"kind":"duplicate"', '"kind":"copy"'],
      ['"kind":"duplicate"', '"kind":"conflict"'],
      ['"]', '0"]'],
      ['"]', '"'],
      [',"count":1', ''],
      [',"count":1', ',"count":0'],
      [/"texts":\["./, '"texts":["G'],
    ] as const) {
      const copies = lines().findIndex((line) => line.includes('count')) + 1;
      given(
        good
          .split('\n')
          .map((line, at) => (at === copies - 1 ? line.replace(from, to) : line))
          .join('\n'),
      );
      await failsWith(CHECK, `Cannot read the baseline known.jsonl: line ${copies} is damaged`, 'version control');
      given(good);
    }
    given(good.replace('"min_cosine":0.98', '"min_cosine":"high"'));
    await failsWith(CHECK, 'line 1 is damaged', 'write it again with --update-baseline');
    given(`${good}{"kind":\n`);
    await failsWith(CHECK, 'line 5 is damaged', 'write it again with --update-baseline');
    expect((await run(UPDATE)).err).toBe(
      'note: 1 line of known.jsonl could not be read and is left out\nwrote known.jsonl: 3 entries (0 added, 0 removed, 3 kept)\n',
    );
    for (const text of ['', 'text\n', '[1]\n', 'null\n', `${good.split('\n')[1]}\n`]) {
      given(text);
      await failsWith(CHECK, 'embed dedup has not written it', 'Name the file that --update-baseline wrote');
    }
  });

  it('is a folder, a file that cannot be read, or too large', async () => {
    await inKnown();
    mkdirSync('folder');
    const at = (path: string): string[] => [...COMMAND, '--baseline', path];
    await failsWith(at('folder'), 'it is a folder', 'hint: ');
    await failsWith([...at('folder'), '--update-baseline'], 'it is a folder', 'hint: ');
    await failsWith([...at('no/known.jsonl'), '--update-baseline'], 'there is no folder no', 'Choose a folder');
    await failsWith(at('-'), 'standard input is not a file', 'Name a file');
    symlinkSync('loop', 'loop');
    await failsWith(at('loop'), 'loop: too many symbolic links', 'hint: Check');
    if (process.getuid?.() !== 0) {
      chmodSync('known.jsonl', 0);
      await failsWith(CHECK, 'Cannot read the baseline known.jsonl: permission denied', 'Check its path');
      chmodSync('known.jsonl', 0o600);
    }
    truncateSync('known.jsonl', 200_000_001);
    await failsWith(CHECK, 'more than the limit of 200 MB', 'Name the file that --update-baseline wrote');
  });

  it('is a file of another use', async () => {
    await inKnown();
    write(ROWS, 'other.jsonl');
    for (const [args, path] of [
      [[], 'rows.jsonl'],
      [['--against', 'other.jsonl'], 'other.jsonl'],
    ] as const) {
      await failsWith([...COMMAND, ...args, '--baseline', path], `Cannot use ${path} as a baseline: it is an input`, 'a file of its own');
      await failsWith([...COMMAND, ...args, '--baseline', path, '--update-baseline'], 'it is an input', 'a file of its own');
    }
    for (const flag of ['-o', '--dropped', '--report']) {
      await failsWith([...CHECK, flag, './known.jsonl', '--overwrite'], 'Cannot write ./known.jsonl', 'Name another file');
      await failsWith(
        [...COMMAND, '--baseline', 'new.jsonl', '--update-baseline', flag, 'new.jsonl'],
        'Cannot write new.jsonl',
        'Name another file',
      );
    }
  });

  it('needs texts, and rows', async () => {
    await inKnown();
    writeMatrix('bare.npy', [
      [1, 0],
      [1, 0],
    ]);
    const bare = ['--min-cosine', '0.98', '--baseline', 'known.jsonl'];
    await failsWith(['dedup', 'bare.npy', ...bare], 'Cannot use --baseline with bare.npy: it has no texts', '--texts');
    await failsWith(['dedup', 'rows.jsonl', '--against', 'bare.npy', ...bare], 'Cannot use --baseline with bare.npy', '--texts');
    await failsWith([...CHECK, '--pairs'], 'Cannot use --baseline with --pairs', 'Leave one of them out');
    await failsWith([...COMMAND, '--update-baseline'], 'without --baseline', '--baseline embed-baseline.jsonl');
  });

  it('was made with other settings, which is told', async () => {
    await inKnown();
    const warned = async (...flags: string[]): Promise<string> => (await run([...CHECK, ...flags])).err;
    expect(await warned('--min-cosine', '0.9')).toContain('(--min-cosine 0.98, now 0.9): pairs that only these find count as new');
    expect(await warned('--fold')).toContain('(without --fold, now --fold)');
    expect(await warned('--differing', 'drop')).toContain('(--differing keep, now drop)');
    write(ROWS.map((one) => ({ ...one, label: 'a' })));
    expect(await warned('--label-column', 'label')).toContain('(without --label-column, now --label-column label)');
    const [header, ...entries] = lines();
    const made = header!.replace('"model":null', '"model":{"name":"minilm","hash":"sha256:0123456789"}');
    writeFileSync('known.jsonl', `${[made, ...entries].join('\n')}\n`);
    expect(await warned()).toContain('(the model minilm (01234567), now none)');
    await run([...UPDATE, '-q']);
    expect(await warned()).toBe('');
  });
});
