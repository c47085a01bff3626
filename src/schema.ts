import * as v from 'valibot';
import { shortened } from './text.ts';

/**
 * Schemas of the JSON files that embed reads back or is given: what a file may hold is stated once, and every value is checked before
 * it is used. Only the parts of the library that are used are exported, so that this file is its only door.
 */
export {
  array,
  boolean,
  exactOptional,
  literal,
  looseObject,
  nullable,
  nullish,
  number,
  object,
  optional,
  picklist,
  record,
  string,
  tuple,
  union,
  unknown,
} from 'valibot';
export type { InferOutput } from 'valibot';

/** A schema of any value. */
export type Schema<Value = unknown> = v.GenericSchema<unknown, Value>;

/** A whole number of at least `least`, which a double holds exactly. */
export function whole(least = 0): Schema<number> {
  return v.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= least,
    `is not a whole number of at least ${least}`,
  );
}

/** A whole number within bounds. */
export function wholeBetween(least: number, most: number): Schema<number> {
  return between(least, most, { kind: 'a whole number', holds: Number.isSafeInteger });
}

/** A number within bounds; never NaN. */
export function numberBetween(least: number, most: number): Schema<number> {
  return between(least, most, { kind: 'a number', holds: (value) => typeof value === 'number' });
}

function between(least: number, most: number, { kind, holds }: { kind: string; holds: (value: unknown) => boolean }): Schema<number> {
  return v.custom<number>(
    (value) => holds(value) && (value as number) >= least && (value as number) <= most,
    ({ received }) => `is ${shown(received)}, not ${kind} from ${inDigits(least)} to ${inDigits(most)}`,
  );
}

const MAX_WRITTEN_OUT = 1e12;

function inDigits(value: number): string {
  return value > MAX_WRITTEN_OUT ? value.toExponential(0) : value.toLocaleString('en-US');
}

/** A text that meets a condition. */
export function textThat(holds: (text: string) => boolean, wanted: string): Schema<string> {
  return valueThat((value) => typeof value === 'string' && holds(value), wanted);
}

/** A value that meets a condition. */
export function valueThat<Value>(holds: (value: unknown) => boolean, wanted: string): Schema<Value> {
  return v.custom<Value>(holds, ({ received }) => `is ${shown(received)}, not ${wanted}`);
}

/** A list of whole numbers of at least 0: one check for the whole list, which may have a million. */
export function wholeNumbers(): Schema<number[]> {
  return v.custom<number[]>((value) => Array.isArray(value) && value.every(isWhole), 'is not a list of whole numbers');
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/**
 * Checks a value against a schema.
 *
 * @returns where the value does not fit and how, as the end of a sentence: "counts.rows is "x", not a number"; undefined where it fits
 */
export function misfitOf(schema: Schema, value: unknown): string | undefined {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return undefined;
  const [issue] = result.issues;
  const path = shortened(v.getDotPath(issue) ?? 'it');
  if (issue.received === 'undefined') return `${path} is missing`;
  if (issue.type === 'custom') return `${path} ${issue.message}`;
  return `${path} is ${shown(issue.received)}, not ${inWords(issue.expected ?? 'valid')}`;
}

/** Whether a value fits a schema. */
export function fits<Value>(schema: Schema<Value>, value: unknown): value is Value {
  return v.is(schema, value);
}

/** What was found, as valibot names it. */
function shown(received: string): string {
  return shortened(inWords(received));
}

function inWords(type: string): string {
  return WORDS[type] ?? type;
}

const WORDS: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};
