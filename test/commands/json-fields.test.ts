import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SetRow } from '../../src/vectors/rows-file.ts';
import { inFreshFolder, projectFolder, run as runProgram, type Outcome } from '../run.ts';

/** A small static model: what is read is the question here, not its vectors. */
const MODEL = ['--model', join(projectFolder, 'fixtures/static/m2v-float32')];
const run = (args: readonly string[]): Promise<Outcome> =>
  runProgram([...args, ...MODEL, ...(args[0] === 'dedup' ? ['--min-cosine', '0.999'] : [])]);

const jsonl = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const lines = (text: string): SetRow[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SetRow);
const texts = async (args: readonly string[]): Promise<(string | undefined)[]> => {
  const { out, err } = await run(['encode', ...args, '-o', '-']);
  if (out === '') throw new Error(err);
  return lines(out).map(({ text }) => text);
};

/** The option that a hint proposes, as a shell would take it apart. */
const proposed = (err: string, at = 0): string[] => {
  const all = [...err.matchAll(/--text-column (?:'([^']*)'|(\S+?))(?=[,\s]|$)/g)].filter(([, quoted, bare]) => quoted ?? bare !== 'or');
  const [, quoted, bare] = all[at] ?? [];
  return ['--text-column', (quoted ?? bare)!];
};

const chats = ['How do I boil eggs?', 'My printer is out of ink.', 'Who won the cup?'].map((content) => ({
  messages: [
    { role: 'system', content: 'You are helpful.' },
    { role: 'user', content },
  ],
}));

beforeEach(() => void inFreshFolder());

describe('a text that is not one', () => {
  it('is an error that names the paths to texts, and both work', async () => {
    writeFileSync('chat.jsonl', jsonl(chats));
    const { code, err } = await run(['dedup', 'chat.jsonl']);
    expect(code).toBe(2);
    expect(err).toBe(
      'error: Cannot read the text of the record at line 1 in chat.jsonl: messages is a list\n' +
        "hint: Choose what is in it: --text-column 'messages[1].content' for one of its texts, or --text-column 'messages.*.content' for all of them, joined\n",
    );
    expect(await texts(['chat.jsonl', ...proposed(err)])).toEqual(chats.map(({ messages }) => messages[1]!.content));
    expect(await texts(['chat.jsonl', ...proposed(err, 1)])).toEqual(
      chats.map(({ messages }) => messages.map(({ content }) => content).join('\n')),
    );
    expect(await texts(['chat.jsonl', '--text-column', 'messages[-1].content'])).toEqual(chats.map(({ messages }) => messages[1]!.content));
  });

  it.each<[string, unknown, string, string]>([
    ['an object', { doc: { title: 'Rice', body: 'Cook it with twice its water.' } }, 'doc is an object', 'Cook it with twice its water.'],
    ['a list of words', { text: ['cook', 'rice'], id: 1 }, 'text is a list', 'cook'],
    ['a list of parts', { text: [{ type: 'text', text: 'Cook the rice' }], id: 1 }, 'text is a list', 'Cook the rice'],
    ['lists within lists', { grid: [[['no words', 'some words of it']]] }, 'grid is a list', 'some words of it'],
  ])('%s', async (_, record, what, text) => {
    writeFileSync('a.jsonl', jsonl([record]));
    const { code, err } = await run(['encode', 'a.jsonl']);
    expect(code).toBe(2);
    expect(err).toContain(`Cannot read the text of the record at line 1 in a.jsonl: ${what}`);
    expect(await texts(['a.jsonl', ...proposed(err)])).toEqual([text]);
  });

  it('holds no text at all', async () => {
    writeFileSync('a.jsonl', '{"text":[1,2]}\n');
    expect((await run(['encode', 'a.jsonl'])).err).toContain('hint: There is no text in it: choose another column with --text-column\n');
  });

  it('in some rows only is an error that names the first of them', async () => {
    writeFileSync('a.jsonl', jsonl([{ text: 'one' }, { text: 'two' }, { text: ['three'] }]));
    const { code, err } = await run(['encode', 'a.jsonl']);
    expect(code).toBe(2);
    expect(err).toContain(
      'the text of the record at line 3 in a.jsonl: text is a list\nhint: 2 earlier records of the file have a text there',
    );
    writeFileSync('b.jsonl', jsonl([{ turns: [{ say: 'one' }] }, { turns: [{ say: 'two' }, 'three'] }]));
    expect((await run(['encode', 'b.jsonl', '--text-column', 'turns.*.say'])).err).toContain(
      'the text of the record at line 2 in b.jsonl: turns.*.say leads into turns[1], which has no fields',
    );
  });

  it('is empty where a list is, and an error where none of its values has the path', async () => {
    writeFileSync('a.jsonl', jsonl([{ m: [{ c: 'one' }, { tool: 1 }, { c: null }] }, { m: [] }]));
    expect(await texts(['a.jsonl', '--text-column', 'm.*.c'])).toEqual(['one', '']);
    const { err } = await run(['encode', 'a.jsonl', '--text-column', 'm.*.d']);
    expect(err).toContain('Cannot find the text of the record at line 1 in a.jsonl: its fields are m\n');
  });
});

describe('one language of paths', () => {
  it('chooses texts, ids, columns, rows and what is kept', async () => {
    const records = ['rice', 'rice', 'tea'].map((text, at) => ({ m: [{ t: 'a' }, { t: text }], meta: { ids: [[at]], n: [at] } }));
    writeFileSync('a.jsonl', jsonl(records));
    const read = ['--text-column', 'm[1].t', '--id-column', 'meta.ids[0][0]', '--columns', 'meta.n[0],m.*.t'];
    expect((await run(['encode', 'a.jsonl', ...read])).code).toBe(0);
    expect(lines(readFileSync('a.rows.jsonl', 'utf8'))).toMatchObject([
      { id: '0', text: 'rice', fields: { 'meta.n[0]': 0, 'm.*.t': ['a', 'rice'] } },
      { id: '1', text: 'rice' },
      { id: '2', text: 'tea' },
    ]);
    const where = await run(['search', 'a.jsonl', 'rice', '--text-column', 'm[1].t', '--where', 'meta.n[-1]=1', '--format', 'jsonl']);
    expect(lines(where.out)).toMatchObject([{ id: 'a.jsonl:2' }]);
    const kept = await run(['dedup', 'a.jsonl', '--text-column', 'm.1.t', '--keep', 'max:meta.ids[0][0]', '-o', 'b.jsonl', '-q']);
    expect(kept.code).toBe(0);
    expect(readFileSync('b.jsonl', 'utf8')).toBe(jsonl(records.slice(1)));
  });

  it('lets a key win that is spelled like a path', async () => {
    writeFileSync('a.jsonl', jsonl([{ 'a.b[0]': 'by name', a: { b: ['by path'] }, 'c.d': { e: 'half a name' } }]));
    expect(await texts(['a.jsonl', '--text-column', 'a.b[0]'])).toEqual(['by name']);
    expect(await texts(['a.jsonl', '--text-column', 'a.b.0'])).toEqual(['by path']);
    expect(await texts(['a.jsonl', '--text-column', 'c.d.e'])).toEqual(['half a name']);
  });
});

describe('the column that a hint proposes', () => {
  it('reads like a text', async () => {
    writeFileSync(
      't.jsonl',
      jsonl([
        { prompt: 'Write a poem about the sea', response: 'The sea is wide, blue and deep', label: 'good', meta: { source: 'x y z' } },
      ]),
    );
    const { err } = await run(['dedup', 't.jsonl']);
    expect(err).toContain('hint: Choose one with --text-column, for example --text-column response\n');
    expect(await texts(['t.jsonl', ...proposed(err)])).toEqual(['The sea is wide, blue and deep']);
  });

  it.each([
    ['in a table', 'id,body,seen at,link\n1,"it jams, again",2024-01-01 10:00:00,https://example.org/x\n', 'body'],
    ['in quotes', 'id,what they said\n1,it jams again\n', 'what they said'],
    ['with a sign in front', 'id,-body\n1,it jams again\n', '-body'],
    ['by its number where its name cannot be typed', 'id,"what\nthey said"\n1,it jams again\n', '2'],
  ])('%s', async (_, table, column) => {
    writeFileSync('a.csv', table);
    const { err } = await run(['dedup', 'a.csv']);
    expect(proposed(err)).toEqual(['--text-column', column]);
    expect(await texts(['a.csv', ...proposed(err)])).toEqual([expect.stringContaining('jams')]);
  });

  it('is by number in a table without a header', async () => {
    writeFileSync('a.csv', '17,it jams again,2024-01-01\n18,no ink at all,2024-01-02\n');
    const { err } = await run(['encode', 'a.csv']);
    expect(err).toContain('add --no-header --text-column 2\n');
    expect(await texts(['a.csv', '--no-header', ...proposed(err)])).toEqual(['it jams again', 'no ink at all']);
  });

  it('is none where none reads like a text', async () => {
    writeFileSync('a.csv', 'a,b\n1,2\n');
    expect((await run(['encode', 'a.csv'])).err).toContain('hint: Choose one with --text-column\n');
  });

  it('is a path where the one that was typed leads nowhere', async () => {
    writeFileSync('chat.jsonl', jsonl(chats));
    const { err } = await run(['encode', 'chat.jsonl', '--text-column', 'messages.content']);
    expect(err).toContain("or choose another text column, for example --text-column 'messages[1].content'\n");
  });
});

describe('numbers of JSON', () => {
  const IDS = ['1.10', '1.1', '12345678901234567890', '-0', '1e3', '1000', '1E3', '0.10', '7'];
  const rows = IDS.map((id, at) => `{"n":{"id":5,"id":${id}}, "id" : ${id},"id2":${id},"text":"t${at}"}`);

  it.each(['id', 'id2', 'n.id'])('keep their spelling as ids: %s', async (column) => {
    writeFileSync('a.jsonl', rows.map((row) => `${row}\n`).join(''));
    writeFileSync('a.json', `[${rows.join(',\n')}]`);
    for (const file of ['a.jsonl', 'a.json']) {
      const { out } = await run(['encode', file, '--id-column', column, '--text-column', 'text', '-o', '-']);
      expect(lines(out).map(({ id }) => id)).toEqual(IDS);
    }
  });

  it('keep it as ids of queries, and stay numbers in the records that cluster writes', async () => {
    writeFileSync('q.jsonl', '{"id":1.10,"query":"tea"}\n{"id":1.1,"query":"rice"}\n');
    writeFileSync('a.txt', 'tea\nrice\n');
    const { out } = await run(['search', 'a.txt', '--queries', 'q.jsonl', '-n', '1', '--format', 'jsonl']);
    expect(lines(out)).toMatchObject([{ query_id: '1.10' }, { query_id: '1.1' }]);
    writeFileSync('a.jsonl', '{"id":1.10,"text":"tea"}\n{"id":2.50,"text":"rice"}\n');
    await run(['cluster', 'a.jsonl', '-k', '2', '--id-column', 'id', '-o', 'b.jsonl']);
    expect(lines(readFileSync('b.jsonl', 'utf8'))).toMatchObject([{ id: 1.1 }, { id: 2.5 }]);
  });
});
