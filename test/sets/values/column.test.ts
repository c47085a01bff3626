import { describe, expect, it } from 'vitest';
import { columnName, columnValues, disagreement, oddValues, ranksOf, readColumn } from '../../../src/sets/values/column.ts';

const collected = (values: readonly (string | undefined)[]): ReturnType<typeof columnValues> => {
  const column = columnValues(values.length);
  for (const value of values) column.add(value);
  return column;
};

/** What a column is taken for, and its values from the least to the greatest; "?" instead where nothing tells how they are written. */
const taken = (...values: (string | undefined)[]): [string, string[]] => {
  const all = collected(values);
  const column = readColumn(all);
  if (disagreement(column)) return ['?', []];
  const ranks = ranksOf(column, column.reading);
  const order = all.values.map((_, at) => at).filter((at) => !Number.isNaN(ranks[at]));
  return [columnName(column), order.toSorted((a, b) => ranks[a]! - ranks[b]!).map((at) => all.values[at]!)];
};

describe('readColumn', () => {
  it.each<[string, string[], string[]]>([
    ['numbers', ['9', '100', '10', 'n/a'], ['9', '10', '100']],
    ['numbers', ['1e3', '-5', '.5', '+7', '0x10'], ['-5', '.5', '+7', '0x10', '1e3']],
    ['numbers', ['1.9', '1.10', '1.25'], ['1.10', '1.25', '1.9']],
    ['numbers', ['9007199254740993', '9007199254740992', '9007199254740994'], ['9007199254740992', '9007199254740993', '9007199254740994']],
    ['numbers', ['-90071992547409931', '-90071992547409932', '5'], ['-90071992547409932', '-90071992547409931', '5']],
    ['numbers', ['１００', '９', '٢٠', '३०'], ['９', '٢٠', '३०', '１００']],
    ['numbers', ['−3', '2', '1'], ['−3', '1', '2']],
    ['numbers', ['2023', '2024', '1999'], ['1999', '2023', '2024']],
    ['numbers', ['9', 'n/a', '10', '-', 'unknown', 'n/a'], ['9', '10']],
    ['numbers written 1,234.5', ['1,234.50', '950', '12,000'], ['950', '1,234.50', '12,000']],
    ['numbers written 1.234,5', ['1.234,56', '950', '9,5'], ['9,5', '950', '1.234,56']],
    ['numbers written 1.234,5', ['1.234', '950', '9,5'], ['9,5', '950', '1.234']],
    ['numbers written 1.234,5', ['1.234.567', '950.000'], ['950.000', '1.234.567']],
    ['numbers written 1,234.5', ['1 234', '950'], ['950', '1 234']],
    ['numbers written 1,234.5', ['1,234', '9,876'], ['1,234', '9,876']],
    ['numbers written 1,234.5', ['12,34,567', '9,876'], ['9,876', '12,34,567']],
    ['percentages', ['9 %', '100%', '50.5%'], ['9 %', '50.5%', '100%']],
    ['percentages written 1.234,5', ['9,5 %', '10 %'], ['9,5 %', '10 %']],
    ['amounts in USD written 1,234.5', ['$9', '$100', '-$5', '$10.50'], ['-$5', '$9', '$10.50', '$100']],
    ['amounts in USD written 1,234.5', ['$950', 'USD 1,234', '1,000.00 USD'], ['$950', '1,000.00 USD', 'USD 1,234']],
    ['amounts in EUR written 1.234,5', ['9,50 €', '1.234,56 €', '100 EUR'], ['9,50 €', '100 EUR', '1.234,56 €']],
    ['amounts in EUR written 1.234,5', ['950 €', '1.234 €'], ['950 €', '1.234 €']],
    ['amounts in JPY written 1,234.5', ['¥1,000', '￥500', '9,000円'], ['￥500', '¥1,000', '9,000円']],
    ['amounts in PLN written 1.234,5', ['9,99 zł', '100 zł', '12'], ['9,99 zł', '12', '100 zł']],
    ['amounts in EUR and USD written 1,234.5', ['$9', '€100'], ['$9', '€100']],
    ['dates', ['2024-01-31', '2024-02-03', '2023-12-01'], ['2023-12-01', '2024-01-31', '2024-02-03']],
    ['dates', ['2024-1-5', '2024/01/04', '2024'], ['2024', '2024/01/04', '2024-1-5']],
    [
      'dates',
      ['2024-01-01T10:00:00Z', '2024-01-01T11:30:00+02:00', '2024-01-01 09:59'],
      ['2024-01-01T11:30:00+02:00', '2024-01-01 09:59', '2024-01-01T10:00:00Z'],
    ],
    [
      'dates',
      ['2024-01-01T10:00:00.123456789Z', '2024-01-01T10:00:00.123456788Z'],
      ['2024-01-01T10:00:00.123456788Z', '2024-01-01T10:00:00.123456789Z'],
    ],
    ['dates', ['Jan 31, 2024', '2 March 2024', '2024-02-01'], ['Jan 31, 2024', '2024-02-01', '2 March 2024']],
    [
      'dates',
      ['Wed, 31 Jan 2024 10:00:00 +0000', 'Sat, 03 Feb 2024 09:00:00 +0100'],
      ['Wed, 31 Jan 2024 10:00:00 +0000', 'Sat, 03 Feb 2024 09:00:00 +0100'],
    ],
    [
      'dates',
      ['31. Januar 2024', '2 février 2024', '1 de marzo de 2024', '5 апреля 2024 г.'],
      ['31. Januar 2024', '2 février 2024', '1 de marzo de 2024', '5 апреля 2024 г.'],
    ],
    [
      'dates',
      ['2024年10月1日', '2024年2月3日', '平成31年4月30日', '令和元年5月1日'],
      ['平成31年4月30日', '令和元年5月1日', '2024年2月3日', '2024年10月1日'],
    ],
    ['dates', ['2024.10.01', '2024.2.3'], ['2024.2.3', '2024.10.01']],
    ['dates written day/month/year', ['31/01/2024', '02/03/2024'], ['31/01/2024', '02/03/2024']],
    ['dates written day/month/year', ['31.01.2024', '2.3.2024', '2024-02-01'], ['31.01.2024', '2024-02-01', '2.3.2024']],
    ['dates written day/month/year', ['01.02.2024', '02.01.2024'], ['02.01.2024', '01.02.2024']],
    ['dates written day/month/year', ['31.01.24', '02.03.24'], ['31.01.24', '02.03.24']],
    [
      'dates written month/day/year',
      ['1/31/2024 2:05 PM', '1/31/2024 11:00 AM', '12/1/2023 1:00 AM'],
      ['12/1/2023 1:00 AM', '1/31/2024 11:00 AM', '1/31/2024 2:05 PM'],
    ],
    ['dates written day/month/year', ['01/01/2024', '02/02/2024'], ['01/01/2024', '02/02/2024']],
    ['versions', ['1.9.0', '1.10.0', '1.10.0-rc.1', '1.10', '2'], ['1.9.0', '1.10.0-rc.1', '1.10.0', '1.10', '2']],
    ['versions', ['v1.9', 'v1.10'], ['v1.9', 'v1.10']],
    ['versions', ['1.9', '1.10', '1.10.1'], ['1.9', '1.10', '1.10.1']],
    ['versions', ['1.0a2', '1.0.post1', '1.0', '1.0rc1'], ['1.0a2', '1.0rc1', '1.0', '1.0.post1']],
    ['versions', ['10.0.0.2', '9.0.0.10'], ['9.0.0.10', '10.0.0.2']],
    ['text', ['red', 'blue', '7'], ['7', 'blue', 'red']],
    ['text', ['n/a', '-'], ['-', 'n/a']],
    ['text', ['12a', '5b'], ['12a', '5b']],
    ['text', ['1.txt', '2.csv'], ['1.txt', '2.csv']],
  ])('takes a column for %s: %j', (name, values, order) => expect(taken(...values)).toEqual([name, order]));

  it.each([[['01/02/2024', '02/01/2024']], [['31/01/2024', '01/31/2024']], [['1,234', '950']], [['1,234 €', '1.234 €', '5 €']]])(
    'does not guess how %j are written',
    (values) => expect(taken(...values)).toEqual(['?', []]),
  );

  it.each([
    '2024-02-30',
    '31/13/2024',
    '2024-13-01',
    '2024-01-01T25:00',
    '2024-01-01T13:00 PM',
    '2024-01-01T10:00+99:00',
    '32. Januar 2024',
  ])('%s is not a date', (value) => {
    const column = readColumn(collected(['2024-01-31', '2024-02-01', value]));
    expect([column.reading.kind, column.odd, column.firstOdd]).toEqual(['date', 1, 2]);
  });

  it('counts values of another kind', () => {
    const one = readColumn(collected(['9', '10', '100', 'n/a', undefined]));
    expect(oddValues('score', one, 4)).toBe('1 of 4 values of score is not a number');
    const two = readColumn(collected(['31/01/2024', '02/03/2024', 'soon', 'later']));
    expect(oddValues('day', two, 4)).toBe('2 of 4 values of day are not dates written day/month/year');
  });
});
