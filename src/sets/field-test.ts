import { EmbedError } from '../errors.ts';
import { plural, shortened } from '../text.ts';
import { inWords, type Condition } from './conditions.ts';
import { fieldText } from './fields.ts';
import { ambiguity, columnName, oddValues, readColumn, rewriteHint, type Column } from './values/column.ts';
import { plainText, READINGS, type Reading } from './values/readings.ts';

/** Whether rows meet a condition. All values are collected first, because only all of them tell what the field is. */
export type FieldTest = {
  /** Adds the value of the next row. */
  add(value: unknown): void;
  /** Different values as texts, in the order in which they came. */
  seen: readonly string[];
  /** Whether a row meets the condition, and notes on values that cannot; `name` is that of the corpus. */
  finish(name: string): { meets: (row: number) => boolean; notes: string[] };
};

/** A value as text, what is compared of it (a list has several), and the rows that have it. */
type Entry = { text: string; parts: readonly string[]; rows: number };

export function fieldTest(condition: Condition, total: number): FieldTest {
  const numbers = new Map<string, number>();
  const entries: Entry[] = [];
  const seen: string[] = [];
  const rows = new Int32Array(total).fill(-1);
  let row = 0;
  return {
    seen,
    add(value) {
      const at = row++;
      const text = fieldText(value);
      if (text === undefined) return;
      const key = Array.isArray(value) ? `list ${text}` : `value ${text}`;
      let number = numbers.get(key);
      if (number === undefined) {
        number = entries.length;
        numbers.set(key, number);
        entries.push({ text, parts: Array.isArray(value) ? partsOf(value) : [text], rows: 0 });
        seen.push(text);
      }
      entries[number]!.rows++;
      rows[at] = number;
    },
    finish(name) {
      const { met, notes } = judge(condition, entries, { total, name });
      return { meets: (at) => (rows[at]! < 0 ? condition.operator === '!=' : met[rows[at]!]!), notes };
    },
  };
}

function partsOf(list: readonly unknown[]): string[] {
  return (list.flat(Infinity) as unknown[]).map(fieldText).filter((text) => text !== undefined);
}

/** Which entries meet the condition. A list does if one of its values does, and with != if none of them is equal. */
function judge(
  condition: Condition,
  entries: readonly Entry[],
  { total, name }: { total: number; name: string },
): { met: boolean[]; notes: string[] } {
  const { field, operator, value } = condition;
  const counts = new Map<string, number>();
  for (const { parts, rows } of entries) {
    for (const part of parts) if (part.trim() !== '') counts.set(part, (counts.get(part) ?? 0) + rows);
  }
  const values = [...counts.keys()];
  const column = readColumn({ values, counts: [...counts.values()] });
  const ordered = operator !== '=' && operator !== '!=';
  if (ordered && values.length > 0) assertComparable(condition, column, { values, name });
  const readings = readingsFor(value, column);
  const outcomes = readings.map((reading) => values.map((text) => isMet(text, condition, reading)));
  const [own = []] = outcomes;
  for (const [at, outcome] of outcomes.entries()) {
    const doubt = outcome.findIndex((met, number) => met !== own[number]);
    if (doubt < 0) continue;
    throw new EmbedError(
      `Cannot compare ${field} of ${name} with "${value}": ${ambiguity(values[doubt]!, [readings[0]!, readings[at]!])}`,
      {
        hint: rewriteHint(column.reading),
      },
    );
  }
  const meeting = new Set(values.filter((_, at) => own[at]));
  const isText = (text: string): boolean => !ordered && (text === value || text === value.trim());
  const met = entries.map(({ text, parts }) => {
    const found = isText(text) || parts.some((part) => isText(part) || meeting.has(part));
    return found === (operator !== '!=');
  });
  return { met, notes: ordered ? notesOn(condition, column, { entries, values, total }) : [] };
}

/** The readings by which the value of a condition can be compared: those of the column that can read it, else another of their kind. */
function readingsFor(value: string, { reading, rivals }: Column): Reading[] {
  const text = plainText(value);
  const own = [reading, ...rivals].filter((one) => one.span(text) !== undefined);
  return own.length > 0 ? own : [reading, ...rivals].filter((one) => literalSpan(text, one) !== undefined);
}

/** What the value of a condition covers. It may be written as programs do, however the column is written. */
function literalSpan(text: string, reading: Reading): ReturnType<Reading['span']> {
  return reading.span(text) ?? READINGS.find((one) => one.kind === reading.kind && one.span(text) !== undefined)?.span(text);
}

/** Whether a value is related to that of the condition as its operator says; not where one of them is of another kind. */
function isMet(text: string, { operator, value }: Condition, reading: Reading): boolean {
  const equality = operator === '=' || operator === '!=';
  // texts are equal as texts only
  if (equality && reading.kind === 'text') return false;
  const [own, asked] = [plainText(text), plainText(value)];
  const key = reading.read(reading.kind === 'text' ? text : own);
  const span = reading.kind === 'text' ? reading.span(value) : literalSpan(asked, reading);
  if (key === undefined || span === undefined) return false;
  if (equality) {
    // 007 is a name, not a number
    if (reading.kind === 'number' && (/^[+-]?0\d/.test(own) || /^[+-]?0\d/.test(asked))) return false;
    const units = [reading.unit?.(own), reading.unit?.(asked)];
    if (units[0] !== units[1] && !units.includes('')) return false;
  }
  const { compare } = reading;
  const [from, to] = [compare(key, span.from), compare(key, span.to)];
  const within = from === 0 || (from > 0 && to < 0);
  switch (operator) {
    case '<':
      return from < 0;
    case '<=':
      return from < 0 || within;
    case '>':
      return from > 0 && !within;
    case '>=':
      return from >= 0;
    default:
      return within;
  }
}

/** Refuses to order values of different kinds or currencies. */
function assertComparable(
  { field, value }: Condition,
  column: Column,
  { values, name }: { values: readonly string[]; name: string },
): void {
  const { reading, units } = column;
  const text = plainText(value);
  const shown = values.slice(0, 3).map(shortened).join(', ');
  const fail = (why: string, hint: string): never => {
    throw new EmbedError(`Cannot compare ${field} of ${name} with "${value}": ${why}`, { hint });
  };
  const isText = !READINGS.some((one) => one.span(text) !== undefined);
  if (reading.kind === 'text' ? !isText : literalSpan(text, reading) === undefined) {
    fail(
      `its values are ${reading.kind === 'text' ? 'texts' : columnName(column)} (${shown}${values.length > 3 ? ', …' : ''})`,
      reading.kind === 'text' ? '= and != compare texts' : `Give a value of that kind, or compare with = or !=`,
    );
  }
  if (units.length > 1)
    fail(`its values are amounts in ${units.join(' and ')}`, 'Put the amounts in one currency into a column of their own');
  const unit = reading.unit?.(text);
  if (unit !== undefined && unit !== '' && units.length > 0 && !units.includes(unit)) {
    fail(`its values are amounts in ${units[0]}`, 'Give the value in that currency');
  }
}

function notesOn(
  condition: Condition,
  column: Column,
  { entries, values, total }: { entries: readonly Entry[]; values: readonly string[]; total: number },
): string[] {
  const { field } = condition;
  const { reading, odd, firstOdd } = column;
  if (values.length === 0) return [];
  const filled = entries.reduce((sum, { rows, parts }) => sum + (parts.some((part) => part.trim() !== '') ? rows : 0), 0);
  const notes = reading.plain ? [] : [`note: ${field} is compared as ${columnName(column)}`];
  if (odd > 0) {
    notes.push(
      `note: ${oddValues(field, column, filled)} and do${odd === 1 ? 'es' : ''} not meet ${inWords(condition)}: "${shortened(values[firstOdd]!)}"`,
    );
  }
  if (filled < total)
    notes.push(
      `note: ${plural(total - filled, 'row')} without ${field}: ${total - filled === 1 ? 'it does' : 'they do'} not meet ${inWords(condition)}`,
    );
  return notes;
}
