import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../src/sets/conditions.ts';
import { fieldTest } from '../../src/sets/field-test.ts';

/** Rows that meet a condition, by their number. */
const meeting = (condition: string, values: readonly unknown[]): number[] => {
  const test = fieldTest(parseCondition(condition), values.length);
  for (const value of values) test.add(value);
  const { meets } = test.finish('a.csv');
  return values.map((_, row) => row).filter((row) => meets(row));
};

const notesOf = (condition: string, values: readonly unknown[]): string[] => {
  const test = fieldTest(parseCondition(condition), values.length);
  for (const value of values) test.add(value);
  return test.finish('a.csv').notes;
};

describe('a condition on numbers', () => {
  const prices = [9.5, '19', '100', 'n/a', undefined, ''];

  it.each([
    ['p>=19', [1, 2]],
    ['p>19', [2]],
    ['p<19', [0]],
    ['p<=19.0', [0, 1]],
    ['p=9.50', [0]],
    ['p = 9.5', [0]],
    ['p!=9.50', [1, 2, 3, 4, 5]],
    ['p=n/a', [3]],
    ['p=', [5]],
    ['p!=', [0, 1, 2, 3, 4]],
    ['p > 1e1', [1, 2]],
    ['p=cheap', []],
  ])('%s', (condition, rows) => expect(meeting(condition, prices)).toEqual(rows));

  it('knows that ids with zeros in front are names', () => {
    expect(meeting('id=7', ['007', '7', '07', '7.0'])).toEqual([1, 3]);
    expect(meeting('id=007', ['007', '7'])).toEqual([0]);
    expect(meeting('id=9007199254740993', ['9007199254740992', '9007199254740993'])).toEqual([1]);
  });

  it('counts values that cannot meet it', () => {
    expect(notesOf('p>=19', prices)).toEqual([
      'note: 1 of 4 values of p is not a number and does not meet p>=19: "n/a"',
      'note: 2 rows without p: they do not meet p>=19',
    ]);
    expect(notesOf('p=19', prices)).toEqual([]);
  });
});

describe('a condition on dates', () => {
  const days = ['31/01/2024', '02/03/2024 18:00', '15/02/2024', '01/01/2025'];

  it.each([
    ['d>=2024-02-01', [1, 2, 3]],
    ['d=2024-03-02', [1]],
    ['d<=2024-03-02', [0, 1, 2]],
    ['d>2024-03-02', [3]],
    ['d<2024-03', [0, 2]],
    ['d<=2024-03', [0, 1, 2]],
    ['d=2024', [0, 1, 2]],
    ['d>2024', [3]],
    ['d=15/02/2024', [2]],
    ['d!=15/02/2024', [0, 1, 3]],
    ['d>=1 March 2024', [1, 3]],
  ])('%s', (condition, rows) => expect(meeting(condition, days)).toEqual(rows));

  it('says how they are read', () => {
    expect(notesOf('d>=2024', days)).toEqual(['note: d is compared as dates written day/month/year']);
    expect(notesOf('d>=2024', ['2024-01-31'])).toEqual([]);
  });

  it('takes the way they are written from the condition where it tells', () => {
    expect(meeting('d>=13/02/2024', ['01/02/2024', '02/03/2024'])).toEqual([1]);
    expect(meeting('d>=02/13/2024', ['01/02/2024', '02/03/2024'])).toEqual([]);
    // both ways give the same rows
    expect(meeting('d>=2023-01-01', ['01/02/2024', '02/03/2024'])).toEqual([0, 1]);
  });
});

describe('a condition on other values', () => {
  it.each([
    ['v>=1.10', ['1.9.0', '1.10.0', '2'], [1, 2]],
    ['v=1.10', ['1.9.0', '1.10.0'], [1]],
    ['p>=19', ['$9', '$100'], [1]],
    ['p>=$19', ['$9', '$100'], [1]],
    ['p=9.5', ['9,50 €', '1.234,56 €'], [0]],
    ['p=9,50 €', ['€9,50', '1.234,56 €'], [0]],
    ['p>=1000', ['9,50 €', '1.234,56 €'], [1]],
    ['s>=50', ['9 %', '50%'], [1]],
    ['s>=50%', ['9 %', '50%'], [1]],
    ['n>=m', ['anna', 'zoe'], [1]],
    ['tags=urgent', [['urgent', 'late'], ['late'], 'urgent', '["urgent"]'], [0, 2]],
    ['tags!=urgent', [['urgent', 'late'], ['late'], []], [1, 2]],
    ['tags=["late"]', [['late'], ['late', 'urgent']], [0]],
    ['n>=10', [[1, 2], [3, [12]], []], [1]],
    ['open=true', [true, 'true', false], [0, 1]],
    ['p= <b>', ['<b>', 'b'], [0]],
  ])('%s of %j', (condition, values, rows) => expect(meeting(condition, values)).toEqual(rows));

  it.each([
    ['p>=cheap', ['9', '10'], 'Cannot compare p of a.csv with "cheap": its values are numbers (9, 10)'],
    ['p>=2024-01-01', ['9', '10'], 'its values are numbers (9, 10)'],
    ['n>=19', ['anna', 'zoe', 'bo', 'li'], 'its values are texts (anna, zoe, bo, …)'],
    ['p>=€19', ['$9', '$10'], 'its values are amounts in USD'],
    ['p>=19', ['$9', '€10'], 'its values are amounts in EUR and USD'],
    [
      'd>=2024-01-15',
      ['01/02/2024', '02/01/2024'],
      '"01/02/2024" may be written day/month/year or month/day/year, and no other value tells which',
    ],
    ['d=2024-01-02', ['01/02/2024', '02/01/2024'], 'may be written day/month/year or month/day/year'],
    ['p>=10', ['1,234', '950'], '"1,234" may be written 1,234.5 or 1.234,5'],
  ])('%s of %j is refused', (condition, values, message) => {
    expect(() => meeting(condition, values)).toThrow(message);
  });

  it('is met by no row where no row has a value', () => expect(meeting('p>=19', [undefined, ''])).toEqual([]));
});

describe('parseCondition', () => {
  it.each([
    ['p==9', 'there is no operator "=="', "Write 'p=9'"],
    ['p<>9', 'there is no operator "<>"', "Write 'p!=9'"],
    ['p=>9', 'there is no operator "=>"', "Write 'p>=9'; for the value \">9\", put a space before it: 'p= >9'"],
    ['p=<9', 'there is no operator "=<"', "Write 'p<=9'; for the value \"<9\", put a space before it: 'p= <9'"],
    ['p≥9', 'there is no operator "≥"', "Write 'p>=9'"],
    [
      'p=~9',
      'there is no operator "=~"',
      'Patterns cannot be matched; = compares whole values; for the value "~9", put a space before it: \'p= ~9\'',
    ],
    ['p~9', 'there is no operator "~"', 'Patterns cannot be matched; = compares whole values'],
    ['p!9', 'there is no operator "!"', 'Use =, !=, <, <=, > or >='],
    ['price', 'Cannot read the condition "price"', "A shell needs quotes around < and >: --where 'price>=19'"],
    ['=9', 'Cannot read the condition "=9"', 'Write field=value'],
  ])('refuses %s', (text, message, hint) => {
    expect(() => parseCondition(text)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message), hint: expect.stringContaining(hint) }) as Error,
    );
  });

  it('reads the field as it is named, and what follows the operator as the value', () => {
    expect(parseCondition('price (EUR) >= 19')).toEqual({ field: 'price (EUR)', operator: '>=', value: '19' });
    expect(parseCondition('a=b=c>d')).toEqual({ field: 'a', operator: '=', value: 'b=c>d' });
    expect(parseCondition('a= b ')).toEqual({ field: 'a', operator: '=', value: ' b ' });
  });
});
