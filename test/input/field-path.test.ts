import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldOf, holderAt, valuesAt } from '../../src/input/field-path.ts';

const chat = {
  messages: [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Why is the sky blue?' },
    { role: 'assistant', content: null },
  ],
  grid: [
    [1, 2],
    [3, 4],
  ],
  meta: { tags: ['a', 'b'], 'x.y': { z: 5 }, 'k[0]': 6 },
  'messages[1].content': 'by its very name',
  'meta.tags': ['own'],
  '*': 'star',
  empty: [],
};

describe('a path', () => {
  it.each<[string, unknown]>([
    ['messages[0].content', 'Be short.'],
    ['messages[-2].content', 'Why is the sky blue?'],
    ['messages.0.content', 'Be short.'],
    ['messages[2].content', null],
    ['grid[1][0]', 3],
    ['grid.1.0', 3],
    ['grid[-1][-1]', 4],
    ['meta.x.y.z', 5],
    ['meta.k[0]', 6],
    ['messages[1].content', 'by its very name'],
    ['meta.tags', ['own']],
    ['meta.tags[1]', 'b'],
    ['*', 'star'],
    ['messages[7].content', undefined],
    ['messages[-7].content', undefined],
    ['messages.content', undefined],
    ['messages.length', undefined],
    ['messages[x]', undefined],
    ['grid[0', undefined],
    ['', undefined],
    ['meta.', undefined],
    ['.', undefined],
    ['constructor', undefined],
    ['meta.constructor.name', undefined],
    ['messages[0].content.length', undefined],
  ])('%s leads to one value', (path, value) => {
    expect(fieldOf(chat, path)).toEqual(value);
    expect(valuesAt(chat, path)).toEqual(value === undefined ? undefined : { values: [value], several: false, stray: undefined });
  });

  it.each<[string, unknown]>([
    ['messages.*.content', ['Be short.', 'Why is the sky blue?', null]],
    ['messages[*].role', ['system', 'user', 'assistant']],
    ['grid.*.*', [1, 2, 3, 4]],
    ['grid[*][1]', [2, 4]],
    ['empty.*.content', []],
    ['meta.*[0]', ['a']],
    ['messages.*.missing', undefined],
  ])('%s leads to several', (path, values) => expect(fieldOf(chat, path)).toEqual(values));

  it('says where a star meets a value that has nothing in it', () => {
    expect(valuesAt({ turns: [{ text: 'a' }, 'b', null] }, 'turns.*.text')).toEqual({ values: ['a'], several: true, stray: 'turns[1]' });
  });

  it('of a key alone leads to its value, whatever the key', () => {
    const sign = fc.constantFrom('.', '[', ']', '*', '0', 'a', '-');
    fc.assert(
      fc.property(fc.string({ unit: sign, maxLength: 6 }), fc.string({ unit: sign, minLength: 1, maxLength: 6 }), (outer, inner) => {
        expect(fieldOf({ [outer]: 1 }, outer)).toBe(1);
        if (outer !== '') expect(valuesAt({ [outer]: { [inner]: 2 } }, `${outer}.${inner}`)?.values).toEqual([2]);
      }),
    );
  });
});

describe('the holder of a value', () => {
  it.each([['a'], ['b.c'], ['d[0].e'], ['x.y'], ['x.y.z']])('%s', (path) => {
    const record = { a: 1, b: { c: 1 }, d: [{ e: 1 }], 'x.y': 1, x: { 'y.z': 1 } };
    const { holder, key } = holderAt(record, path)!;
    holder[key] = 2;
    expect(fieldOf(record, path)).toBe(2);
  });

  it('is missing where there is no such value', () => {
    expect(holderAt({ b: { c: 1 } }, 'b.d')).toBeUndefined();
    expect(holderAt({ b: 'c' }, 'b.length')).toBeUndefined();
  });
});
