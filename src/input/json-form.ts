import { EmbedError } from '../errors.ts';
import { shellValue } from '../text.ts';
import { endOfValue, openValue, type OpenValue } from './json-value.ts';
import { walkJson, type JsonWalker, type ListKind } from './json-walk.ts';
import type { RecordLimit } from './record-size.ts';

/**
 * How JSON holds its records: one per line, as values one after another, or as the elements of a list. `whole` is false where only the
 * beginning of the object has been seen, so that more lists may follow.
 */
export type JsonForm = { kind: 'lines' } | { kind: 'values' } | { kind: 'list'; path: string; whole: boolean };

/** A list that is not within another one, by the path that leads to it. */
export type JsonList = { path: string; kind: ListKind };

export type FormOptions = {
  limit: RecordLimit;
  /** Whether a single object is one record, as in JSON Lines. */
  single: boolean;
  /** The list that holds the records, if one is named. */
  records: string | undefined;
};

/** Takes a text, chunk by chunk, until it is clear how it holds its records. */
export type FormFinder = {
  /** Returns whether the form is known. */
  push(chunk: string): boolean;
  /** The form, by what has been seen. Throws an EmbedError where several lists may be meant. */
  form(): JsonForm;
};

export function findForm({ limit, single, records }: FormOptions): FormFinder {
  const lists: JsonList[] = [];
  const survey: JsonWalker = walkJson(
    { sequence: false, limit },
    {
      list(keys, kind) {
        lists.push({ path: pathOf(keys), kind });
        return false;
      },
      record: () => {},
    },
  );
  let first = '';
  let value: OpenValue | undefined;
  let ended = false;
  /** White space after the first value. */
  let gap = '';
  let followed = false;
  let broken = false;
  let bytes = 0;

  /** Follows the first value; returns where it ends, or the length of the chunk. */
  const follow = (chunk: string, from: number): number => {
    const newline = single ? chunk.indexOf('\n', from) : -1;
    const end = endOfValue(newline < 0 ? chunk : chunk.slice(0, newline), from, value!);
    ended = end >= 0;
    // a string does not go on in the next line: the record is broken, not printed over several lines
    broken = !ended && newline >= 0;
    return ended ? end : chunk.length;
  };
  return {
    push(chunk) {
      let at = 0;
      bytes += chunk.length;
      if (!value) {
        at = chunk.search(/\S/);
        if (at < 0) return false;
        first = chunk[at]!;
        value = openValue(first);
      }
      if (first === '[' && records === undefined) {
        survey.push(chunk);
        return lists.length > 0;
      }
      if (first !== '{' || records !== undefined) return true;
      const begun = !ended;
      if (!ended) at = follow(chunk, at);
      if (single) return ended || broken || bytes > limit.maxBytes;
      if (begun) survey.push(chunk.slice(0, at));
      if (ended) {
        const rest = chunk.slice(at);
        const next = rest.search(/\S/);
        gap += next < 0 ? rest : rest.slice(0, next);
        followed = next >= 0;
      }
      return followed || bytes > limit.maxBytes;
    },
    form() {
      if (records !== undefined) return { kind: 'list', path: records, whole: true };
      if (first === '[') {
        // lines that are arrays have an error of their own
        const read = !single || lists.some(({ kind }) => kind === 'objects' || kind === 'strings' || kind === 'empty');
        return read ? { kind: 'list', path: '', whole: true } : { kind: 'lines' };
      }
      if (first !== '{') return { kind: 'lines' };
      if (single) return { kind: broken && !value!.string ? 'values' : 'lines' };
      if (followed) return { kind: value!.lines === 0 && gap.includes('\n') ? 'lines' : 'values' };
      const list = chooseList(lists, limit.name);
      return list ? { kind: 'list', path: list.path, whole: ended } : { kind: 'values' };
    },
  };
}

/** The list of records: the only one of objects, else the only one of strings. Throws an EmbedError where there are several. */
export function chooseList(lists: readonly JsonList[], name: string): JsonList | undefined {
  const filled = lists.filter(({ kind }) => kind !== 'empty' && kind !== 'others');
  const ofObjects = filled.filter(({ kind }) => kind === 'objects');
  const candidates = ofObjects.length > 0 ? ofObjects : filled;
  if (candidates.length > 1) {
    throw new EmbedError(`Cannot tell which list of ${name} holds the records: it has ${candidates.map(({ path }) => path).join(', ')}`, {
      hint: `Choose one with --records, for example --records ${shellValue(candidates[0]!.path)}; --input-format jsonl reads the object as one record`,
    });
  }
  return candidates[0];
}

/** The path of a list as it is typed. */
export function pathOf(keys: readonly string[]): string {
  return keys.join('.');
}
