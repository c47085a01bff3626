import { EmbedError } from '../../errors.ts';
import type { SetRow } from '../../vectors/rows-file.ts';
import { addFieldNames, fieldOf, fieldText, noSuchField } from '../fields.ts';
import type { Settled } from './settings.ts';

/** Takes the values of one field from rows as they are read. */
export type FieldReader = { add(row: number, found: SetRow): void; finish(): void };

/** An option that names a field of the rows, and the beginning of its errors: "compare labels". */
export type NamedField = { field: string; flag: string; task: string };

/**
 * Hands the values of a field over, as text without white space around it; '' where a row has none.
 *
 * @throws EmbedError at the end, where no row has the field
 */
export function readField(named: NamedField, { name }: { name: string }, take: (row: number, value: string) => void): FieldReader {
  const names = new Set<string>();
  let [known, rows] = [false, 0];
  return {
    add(row, found) {
      addFieldNames(names, found.fields);
      const value = fieldOf(found.fields, named.field);
      known ||= value !== undefined;
      rows++;
      take(row, (fieldText(value) ?? '').trim());
    },
    finish() {
      if (!known && rows > 0) throw noField(named, { name, names });
    },
  };
}

/** The error of a field that no row has. */
export function noField({ field, flag, task }: NamedField, { name, names }: { name: string; names: Iterable<string> }): EmbedError {
  return new EmbedError(`Cannot ${task} of ${name} by "${field}": ${noSuchField(names)}`, {
    hint: `Name one of them with ${flag}; the text, the id and columns that --columns leaves out are not fields`,
  });
}

/** Numbers of labels, one for each; shared by all inputs, so that their labels can be compared. */
function labelNumbers(): (label: string) => number {
  const numbers = new Map<string, number>();
  return (label) => {
    if (label === '') return 0;
    const known = numbers.get(label) ?? numbers.size + 1;
    numbers.set(label, known);
    return known;
  };
}

const NO_WORDS = new Set(['', '0', 'false', 'no', 'n', 'off', 'null', 'none']);

/** Whether a cell of --accept-column says yes: anything but an empty one, or a word for no. */
export function saysYes(value: string): boolean {
  return !NO_WORDS.has(value.toLowerCase());
}

/** How the fields that settings name are read. */
export function fieldsToRead({ labelColumn, acceptColumn }: Pick<Settled, 'labelColumn' | 'acceptColumn'>): {
  label: (NamedField & { numberOf: (label: string) => number }) | undefined;
  accept: NamedField | undefined;
} {
  return {
    label: labelColumn === undefined ? undefined : { ...labelField(labelColumn), numberOf: labelNumbers() },
    accept: acceptColumn === undefined ? undefined : acceptField(acceptColumn),
  };
}

export function labelField(field: string): NamedField {
  return { field, flag: '--label-column', task: 'compare the labels' };
}

export function acceptField(field: string): NamedField {
  return { field, flag: '--accept-column', task: 'accept rows' };
}
