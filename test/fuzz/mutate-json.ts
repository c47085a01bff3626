/** Values that a field of a damaged or malicious file may have. */
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  '',
  'x',
  '\0../',
  'é'.repeat(3000),
  [],
  {},
  [null],
  ['x'],
  { x: 1 },
];

/** Entries of a list or object that are changed: those further on are alike. */
const MAX_ENTRIES = 2;

/** An object of more keys is a vocabulary. */
const MAX_KEYS = 30;

/** A change of a JSON file: its text, and what was changed. */
export type Mutation = { what: string; text: string };

/** Every field of a JSON value, taken away, or with each of some other values in its place. */
export function* mutationsOf(value: unknown): Generator<Mutation> {
  for (const path of pathsOf(value)) {
    const name = path.join('.');
    for (const other of VALUES)
      yield { what: `${name} = ${JSON.stringify(other).slice(0, 40)}`, text: JSON.stringify(replaced(value, path, other)) };
    // a number that JSON allows, and JavaScript reads as Infinity
    yield { what: `${name} = 1e999`, text: JSON.stringify(replaced(value, path, '@@')).replace('"@@"', '1e999') };
    if (path.length > 0) yield { what: `without ${name}`, text: JSON.stringify(replaced(value, path, undefined)) };
  }
}

/** Every 19th mutation: every kind and most fields; all of them where EMBED_FUZZ is "all". */
export function* someOf(mutations: Iterable<Mutation>): Generator<Mutation> {
  let at = 0;
  for (const mutation of mutations) if (process.env['EMBED_FUZZ'] === 'all' || at++ % STRIDE === 0) yield mutation;
}

const STRIDE = 19;

function* pathsOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  const keys = Object.keys(value);
  const few = Array.isArray(value) || keys.length > MAX_KEYS;
  for (const key of few ? keys.slice(0, MAX_ENTRIES) : keys) {
    yield* pathsOf((value as Record<string, unknown>)[key], [...path, key]);
  }
}

function replaced(value: unknown, path: readonly string[], other: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return other;
  if (Array.isArray(value)) {
    return other === undefined && rest.length === 0
      ? value.filter((_, at) => String(at) !== key)
      : value.map((entry: unknown, at) => (String(at) === key ? replaced(entry, rest, other) : entry));
  }
  const fields = value as Record<string, unknown>;
  return { ...fields, [key]: replaced(fields[key], rest, other) };
}
