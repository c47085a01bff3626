/**
 * The one language of paths into a record: `meta.source`, `tags[0]`, `messages[-1].content`, and `messages.*.content` for all of them.
 * A key that is spelled like the path, or like a part of it, comes first.
 */

/** A path's values in a record; `several` if it has a `*`. `stray` is where a `*` met a value that the rest of the path cannot enter. */
export type Found = { values: unknown[]; several: boolean; stray: string | undefined };

type Keys = Record<string, unknown>;

/** The values at a path; undefined where the record has no such path. */
export function valuesAt(record: unknown, path: string): Found | undefined {
  const found: Found = { values: [], several: false, stray: undefined };
  return path !== '' && enter(record, { rest: path, above: '' }, found) ? found : undefined;
}

/** A field by its very name, else by its path; an array for a path with `*`. Undefined where the row has neither. */
export function fieldOf(fields: Keys | undefined, path: string): unknown {
  if (!fields || Object.hasOwn(fields, path)) return fields?.[path];
  const found = valuesAt(fields, path);
  return found?.several ? found.values : found?.values[0];
}

/** The key or index of a value that a path without `*` leads to, and what holds it. */
export function holderAt(record: object, path: string): { holder: Keys; key: string } | undefined {
  if (Object.hasOwn(record, path)) return { holder: record as Keys, key: path };
  for (const at of cuts(path)) {
    const holder = fieldOf(record as Keys, path.slice(0, at));
    const key = /^(?:\.(.+)|\[(\d+)\])$/s
      .exec(path.slice(at))
      ?.slice(1)
      .find((one) => one !== undefined);
    if (key !== undefined && isContainer(holder) && Object.hasOwn(holder, key)) return { holder: holder as Keys, key };
  }
  return undefined;
}

/** `rest` is what is left of a path; `above` is the path to the value, with indexes in the place of stars. */
type Step = { rest: string; above: string };

/** Follows a path, and adds what it finds. Returns whether the value has such a path. */
function enter(value: unknown, { rest, above }: Step, found: Found): boolean {
  if (rest === '') {
    found.values.push(value);
    return true;
  }
  if (Array.isArray(value)) return enterList(value, { rest, above }, found);
  if (!isContainer(value)) return false;
  const keys = value as Keys;
  if (Object.hasOwn(keys, rest)) return enter(keys[rest], { rest: '', above: joined(above, rest) }, found);
  for (const at of cuts(rest)) {
    const key = rest.slice(0, at);
    if (Object.hasOwn(keys, key) && enter(keys[key], { rest: afterDot(rest.slice(at)), above: joined(above, key) }, found)) return true;
  }
  const star = /^\*(?=[.[]|$)/.test(rest);
  return (
    star &&
    enterAll(
      Object.entries(keys).map(([key, one]) => [joined(above, key), one]),
      afterDot(rest.slice(1)),
      found,
    )
  );
}

function enterList(list: readonly unknown[], { rest, above }: Step, found: Found): boolean {
  const [step, inBrackets, bare] = /^(?:\[(\*|-?\d+)\]|(\*|\d+)(?=[.[]|$))/.exec(rest) ?? [];
  if (step === undefined) return false;
  const after = afterDot(rest.slice(step.length));
  const which = inBrackets ?? bare;
  if (which === '*')
    return enterAll(
      list.map((one, at) => [`${above}[${at}]`, one]),
      after,
      found,
    );
  const index = Number(which) < 0 ? list.length + Number(which) : Number(which);
  return Object.hasOwn(list, index) && enter(list[index], { rest: after, above: `${above}[${index}]` }, found);
}

/** Follows a path into each of several values. None at all is a result; values of which none has the path are not. */
function enterAll(values: readonly (readonly [place: string, value: unknown])[], rest: string, found: Found): boolean {
  found.several = true;
  let entered = values.length === 0;
  for (const [place, value] of values) {
    if (enter(value, { rest, above: place }, found)) entered = true;
    else if (value !== null && !isContainer(value)) found.stray ??= place;
  }
  return entered;
}

/** Where a path may be cut after a key, the longest key first. */
function* cuts(path: string): Generator<number> {
  for (let at = path.length - 1; at > 0; at--) if (path[at] === '.' || path[at] === '[') yield at;
}

function afterDot(rest: string): string {
  // a dot at the end leads nowhere
  return rest.startsWith('.') && rest.length > 1 ? rest.slice(1) : rest;
}

function joined(above: string, key: string): string {
  return above === '' ? key : `${above}.${key}`;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
