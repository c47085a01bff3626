export { fieldOf } from '../input/field-path.ts';

/** The kept fields of a row: columns of a table, or keys of a JSON object, whose values may be objects themselves. */
type Fields = Record<string, unknown>;

/** The value of a field as text, objects as JSON; undefined where it has none. */
export function fieldText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** Names that a message lists, and objects inside each other that it looks into: JSON may have any number of both. */
const MAX_NAMES = 100;
const MAX_DEPTH = 4;

/** Adds the names by which `fieldOf` finds the values of a row, for a message: paths in the place of objects. */
export function addFieldNames(names: Set<string>, fields: Fields | undefined, above: readonly string[] = []): void {
  if (!fields) return;
  for (const name of Object.keys(fields)) {
    if (names.size > MAX_NAMES) return;
    const value = fields[name];
    const path = [...above, name];
    if (isObject(value) && path.length < MAX_DEPTH) addFieldNames(names, value, path);
    else names.add(path.join('.'));
  }
}

/** "no row has such a field; fields are …", the end of a message. */
export function noSuchField(names: Iterable<string>): string {
  const all = [...names];
  return `no row has such a field; fields are ${all.slice(0, MAX_NAMES).join(', ') || 'none'}${all.length > MAX_NAMES ? ', …' : ''}`;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
