import { expect, test } from 'vitest';
import { array, fits, misfitOf, number, object, string, whole, wholeNumbers } from '../src/schema.ts';

const SCHEMA = object({ name: string(), counts: object({ rows: whole() }), offsets: wholeNumbers(), dims: array(whole(1)) });
const VALID = { name: 'a', counts: { rows: 3 }, offsets: [0, 256], dims: [384] };

test('misfitOf names the place and the value that does not fit', () => {
  expect(misfitOf(SCHEMA, VALID)).toBeUndefined();
  expect(misfitOf(SCHEMA, { ...VALID, name: 3 })).toBe('name is 3, not text');
  expect(misfitOf(SCHEMA, { ...VALID, counts: { rows: -1 } })).toBe('counts.rows is not a whole number of at least 0');
  expect(misfitOf(SCHEMA, { ...VALID, offsets: [0, 1.5] })).toBe('offsets is not a list of whole numbers');
  expect(misfitOf(SCHEMA, { ...VALID, dims: [NaN] })).toBe('dims.0 is not a whole number of at least 1');
  expect(misfitOf(SCHEMA, { ...VALID, name: undefined })).toBe('name is missing');
  expect(misfitOf(SCHEMA, {})).toBe('name is missing');
  expect(misfitOf(SCHEMA, [])).toBe('name is missing');
  expect(misfitOf(SCHEMA, null)).toBe('it is null, not an object');
});

test('misfitOf shortens long values', () => {
  expect(misfitOf(number(), 'x'.repeat(1000))!.length).toBeLessThan(100);
  expect(fits(number(), 1)).toBe(true);
  expect(fits(number(), '1')).toBe(false);
});
