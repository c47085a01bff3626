import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findForm, type JsonForm } from '../../src/input/json-form.ts';
import { walkJson } from '../../src/input/json-walk.ts';
import { quoteLongIntegers } from '../../src/input/json-text.ts';
import { lookAt, readForm } from '../../src/input/json.ts';
import { recordLimit } from '../../src/input/record-size.ts';

type Options = { single?: boolean; records?: string; maxBytes?: number };

async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string, { size = 1000, single = false, records, maxBytes }: Options & { size?: number } = {}): Promise<unknown> {
  const limit = recordLimit('a.json', maxBytes);
  const { form, whole } = await lookAt(cut(text, size), { limit, single, records });
  const found: unknown[] = [];
  for await (const batch of readForm(whole, form, { limit, asked: records })) for (const { values } of batch) found.push(values);
  return found;
}

const value = fc.jsonValue({ maxDepth: 3 });
// integers that a double cannot hold are kept as texts
const record = fc
  .dictionary(fc.string(), value)
  .map((one) => JSON.parse(quoteLongIntegers(JSON.stringify(one))) as Record<string, unknown>);
const indent = fc.constantFrom(0, 1, 2, 4);

describe('JSON', () => {
  it('gives the records of an array, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record), indent, fc.nat(20), fc.boolean(), async (records, space, size, single) => {
        expect(await read(JSON.stringify(records, null, space), { size: size + 1, single })).toEqual(records);
      }),
    );
  });

  it('gives the strings of an array as texts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string()), indent, fc.nat(20), async (texts, space, size) => {
        expect(await read(JSON.stringify(texts, null, space), { size: size + 1 })).toEqual(texts.map((text) => ({ text })));
      }),
    );
  });

  it('gives the records of a list that is named, whatever is around it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record), value, indent, fc.nat(20), async (records, other, space, size) => {
        const text = JSON.stringify({ before: other, data: { note: other, items: records }, after: [other, '"]}'] }, null, space);
        expect(await read(text, { size: size + 1, records: 'data.items' })).toEqual(records);
      }),
    );
  });

  it('gives records one after another, on lines or printed over several', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          record.filter((one) => Object.keys(one).length > 0),
          { minLength: 2 },
        ),
        indent,
        fc.nat(20),
        fc.boolean(),
        async (records, space, size, single) => {
          const text = records.map((one) => `${JSON.stringify(one, null, space)}\n`).join('');
          expect(await read(text, { size: size + 1, single })).toEqual(records);
        },
      ),
    );
  });

  it('is refused where any record, cut at any place, is too large', async () => {
    const text = JSON.stringify([{ text: 'a' }, { text: 'b'.repeat(100) }]);
    for (const size of [1, 7, 1000]) {
      await expect(read(text, { size, maxBytes: 50 })).rejects.toThrow('the record that begins at line 1 is larger than 50 bytes');
      expect(await read(text, { size, maxBytes: 112 })).toHaveLength(2);
    }
  });

  it('keeps no more than a record of a large array', async () => {
    let held = 0;
    const limit = recordLimit('a.json');
    const walker = walkJson({ sequence: false, limit }, { list: () => true, record: ({ length }) => void (held = Math.max(held, length)) });
    walker.push('[{"n":0}');
    for (let at = 1; at < 10_000; at++) walker.push(`,{"n":${at}}`);
    walker.push(']');
    walker.end();
    expect(held).toBe('{"n":9999}'.length);
  });
});

describe('the form of JSON', () => {
  const formOf = (text: string, { single = false, records, maxBytes }: Options = {}): JsonForm => {
    const finder = findForm({ limit: recordLimit('a.json', maxBytes), single, records });
    finder.push(text);
    return finder.form();
  };

  it.each<[string, JsonForm, JsonForm]>([
    ['{"text":"a"}\n{"text":"b"}', { kind: 'lines' }, { kind: 'lines' }],
    ['\n\n{"text":"a"}\n{"text":"b"}', { kind: 'lines' }, { kind: 'lines' }],
    ['{"text":"a"} {"text":"b"}', { kind: 'values' }, { kind: 'lines' }],
    ['{\n"text":"a"}\n{"text":"b"}', { kind: 'values' }, { kind: 'values' }],
    ['{"text":"a"}', { kind: 'values' }, { kind: 'lines' }],
    ['[{"text":"a"}]', { kind: 'list', path: '', whole: true }, { kind: 'list', path: '', whole: true }],
    ['["a"]', { kind: 'list', path: '', whole: true }, { kind: 'list', path: '', whole: true }],
    ['[1]', { kind: 'list', path: '', whole: true }, { kind: 'lines' }],
    ['{"a":{"b":[{}]},"c":["x"],"d":[1],"e":[]}', { kind: 'list', path: 'a.b', whole: true }, { kind: 'lines' }],
    ['{"c":["x"],"d":[1],"e":[]}', { kind: 'list', path: 'c', whole: true }, { kind: 'lines' }],
    ['{"d":[1],"e":[]}', { kind: 'values' }, { kind: 'lines' }],
    ['plain text', { kind: 'lines' }, { kind: 'lines' }],
    ['', { kind: 'lines' }, { kind: 'lines' }],
  ])('of %j', (text, form, single) => {
    expect(formOf(text)).toEqual(form);
    expect(formOf(text, { single: true })).toEqual(single);
  });

  it('of a line that is broken is left to the reader of lines', () => {
    expect(formOf('{"text":"broken\n{"text":"b"}', { single: true })).toEqual({ kind: 'lines' });
  });

  it.each(['{"a":[{}],"b":[{}]}', '{"a":["x"],"b":["y"]}', '{"columns":["x"],"data":[["y"]]}'])('of %s is not guessed', (text) => {
    expect(() => formOf(text)).toThrow('Cannot tell which list of a.json holds the records: it has');
  });

  it('of an object larger than a record is told by its beginning, and a second list is an error when it comes', async () => {
    const items = Array.from({ length: 20 }, (_, n) => ({ n }));
    expect(formOf(`{"data":${JSON.stringify(items).slice(0, 60)}`, { maxBytes: 50 })).toEqual({ kind: 'list', path: 'data', whole: false });
    expect(await read(JSON.stringify({ data: items }), { size: 10, maxBytes: 50 })).toEqual(items);
    const two = JSON.stringify({ data: items, more: items });
    await expect(read(two, { size: 10, maxBytes: 50 })).rejects.toThrow(
      'Cannot tell which list of a.json holds the records: it has data, more',
    );
    expect(await read(two, { size: 10, maxBytes: 50, records: 'more' })).toEqual(items);
  });
});

describe('JSON that cannot be read', () => {
  it.each<[string, Options, string]>([
    ['[{"a":1},{"a":2}', {}, 'Cannot read a.json: it ends at line 1 in the middle of a value'],
    ['[{"a":1},\n{"a":', {}, 'Cannot read a.json: it ends at line 2 in the middle of a value'],
    ['[{"a":1}\n{"a":2}]', {}, 'Cannot read a.json: line 2 is not valid JSON ("{" is not expected there)'],
    ['[{"a":1},\n]', {}, 'Cannot read a.json: line 2 is not valid JSON ("]" is not expected there)'],
    ['[{"a":1}]\n\n{"a":1}', {}, 'Cannot read a.json: more follows at line 3, after the end of its array'],
    ['[{"a":1},\n{"a" 2}]', {}, 'Cannot read a.json: line 2 is not valid JSON (Expected'],
    ['[{"a":1},\n"b"]', {}, 'Cannot read a.json: the record at line 2 is a string where the first is an object'],
    ['[{"a":1},{"a":2},3]', {}, 'Cannot read a.json: line 1 (record 3 on it) is JSON, but neither an object nor a string'],
    ['{"a" 1}', {}, 'Cannot read a.json: line 1 is not valid JSON ("1" is not expected there)'],
    ['{"a":[{}]}', { records: 'b' }, 'Cannot find the list b in a.json: its lists are a'],
    ['{"a":1}', { records: 'b' }, 'Cannot find the list b in a.json: its lists are none'],
    ['[{}]', { records: 'b' }, 'Cannot find the list b in a.json: its lists are none'],
    ['{"a":[{}]}\n{"a":[{}]}', { records: 'a' }, 'Cannot read a.json: more follows at line 2, after the end of its object'],
  ])('%j', async (text, options, message) => {
    for (const size of [1, 1000]) await expect(read(text, { ...options, size })).rejects.toThrow(message);
  });
});
