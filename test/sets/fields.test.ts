import { describe, expect, it } from 'vitest';
import { addFieldNames, fieldOf, fieldText, noSuchField } from '../../src/sets/fields.ts';

describe('fieldOf', () => {
  const fields = { team: 'it', 'meta.lang': 'own', meta: { lang: 'en', more: { n: 3, none: null } }, list: [7] };

  it.each([
    ['team', 'it'],
    ['meta.lang', 'own'],
    ['meta.more.n', 3],
    ['meta.more', { n: 3, none: null }],
    ['meta.more.none', null],
    ['meta.n', undefined],
    ['team.length', undefined],
    ['list.0', 7],
    ['list[-1]', 7],
    ['constructor', undefined],
    ['meta.constructor.name', undefined],
  ])('%s', (path, value) => expect(fieldOf(fields, path)).toEqual(value));

  it('is undefined for a row without fields', () => expect(fieldOf(undefined, 'team')).toBeUndefined());
});

describe('fieldText', () => {
  it.each([
    [3, '3'],
    [false, 'false'],
    ['', ''],
    [{ n: 1 }, '{"n":1}'],
    [['a'], '["a"]'],
    [null, undefined],
    [undefined, undefined],
  ])('of %j is %j', (value, text) => expect(fieldText(value)).toBe(text));
});

describe('the names of fields', () => {
  const named = (...rows: Record<string, unknown>[]): string => {
    const names = new Set<string>();
    for (const row of rows) addFieldNames(names, row);
    return noSuchField(names);
  };

  it('are paths in the place of objects', () => {
    expect(named({ n: 1, meta: { lang: 'en', more: { a: [1] } } }, { team: null })).toBe(
      'no row has such a field; fields are n, meta.lang, meta.more.a, team',
    );
  });

  it('are at most a hundred, and none where there are none', () => {
    expect(named()).toBe('no row has such a field; fields are none');
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}`, at]));
    expect(named(many)).toMatch(/ f99, …$/);
  });
});
