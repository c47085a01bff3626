import { EmbedError } from '../errors.ts';
import { endOfValue, openValue, type OpenValue } from './json-value.ts';
import { MAX_DEPTH } from './json-text.ts';
import { isLarger, tooLarge, type RecordLimit } from './record-size.ts';

/** What the elements of a list are, by its first one. */
export type ListKind = 'objects' | 'strings' | 'lists' | 'others' | 'empty';

export type JsonHandlers = {
  /** Told each list that is not within another one, by the keys that lead to it. Returns whether its elements are the records. */
  list(path: readonly string[], kind: ListKind): boolean;
  record(json: string, line: number): void;
  /** Told the text around records, as it comes. */
  other?(text: string): void;
};

/** Takes a JSON text, which may be cut anywhere. Only a record is held until it is complete. */
export type JsonWalker = { push(text: string): void; end(): void };

/** What a value is read for: as a record, as a key, or to pass over it. */
type Purpose = 'record' | 'key' | 'skipped';

/** What may come next between values. The first element of a list is looked at before it is known whether the list is taken. */
type Next = 'value' | 'first' | 'firstKey' | 'key' | 'colon' | 'comma' | 'end';

/**
 * Walks through a JSON text to its records.
 *
 * @param sequence whether the records are values one after another; else they are the elements of a list that `list` takes
 * @throws EmbedError that names the line where the text is not JSON, or a record too large
 */
export function walkJson(
  { sequence, limit }: { sequence: boolean; limit: RecordLimit },
  { list, record, other = () => {} }: JsonHandlers,
): JsonWalker {
  const { name, maxBytes } = limit;
  /** The keys of the open objects, as far as they lead to lists. */
  const keys: string[] = [];
  let depth = 0;
  let taken = false;
  let next: Next = 'value';
  let line = 1;
  let open: { purpose: Purpose; value: OpenValue; line: number; pieces: string[]; bytes: number } | undefined;

  const begin = (purpose: Purpose, value: OpenValue): void => void (open = { purpose, value, line, pieces: [], bytes: 0 });
  const refused = (why: string): EmbedError =>
    new EmbedError(`Cannot read ${name}: line ${line} is not valid JSON (${why})`, {
      hint: 'Check the file near that line; for plain text add --input-format lines',
    });
  const unexpected = (char: string): never => {
    throw refused(`"${char}" is not expected there`);
  };
  const afterValue = (): void => void (next = taken || depth > 0 ? 'comma' : sequence ? 'value' : 'end');

  /** Keeps the beginning of a record or key. */
  const keep = (part: string): void => {
    const { pieces, line: begun } = open!;
    pieces.push(part);
    open!.bytes += Buffer.byteLength(part);
    if (open!.bytes > maxBytes) throw tooLarge(limit, { line: begun, cause: 'Check its quotes and brackets' });
  };

  /** Ends the open value, of which `part` is the last piece. */
  const close = (part: string): void => {
    const { purpose, value, line: begun, pieces } = open!;
    const json = pieces.length > 0 ? [...pieces, part].join('') : part;
    open = undefined;
    if (purpose === 'key') {
      keys[depth - 1] = keyOf(json) ?? unexpected('"');
      next = 'colon';
    } else {
      if (isLarger(json, maxBytes)) throw tooLarge(limit, { line: begun, cause: 'Leave out what is not needed' });
      if (purpose === 'record') record(json, begun);
      afterValue();
    }
    line += value.lines;
  };

  /** Takes one character between values. Returns what the value is for that begins with it, if one does. */
  const step = (char: string): Purpose | undefined => {
    switch (next) {
      case 'value':
        if (']},:'.includes(char)) unexpected(char);
        if (taken || (sequence && depth === 0)) return 'record';
        if (char === '[') next = 'first';
        else if (char === '{' && depth < MAX_DEPTH) {
          depth++;
          next = 'firstKey';
        } else if (depth > 0) return 'skipped';
        else unexpected(char);
        return undefined;
      case 'first':
        taken = list(keys.slice(0, depth), kindOf(char)) && char !== ']';
        if (taken) {
          next = 'value';
          return step(char);
        }
        begin('skipped', { ...openValue('['), depth: 1 });
        return undefined;
      case 'firstKey':
      case 'key':
        if (char === '"') return 'key';
        if (char !== '}' || next === 'key') unexpected(char);
        depth--;
        afterValue();
        return undefined;
      case 'colon':
        if (char !== ':') unexpected(char);
        next = 'value';
        return undefined;
      case 'comma':
        if (char === ',') next = taken ? 'value' : 'key';
        else {
          if (char !== (taken ? ']' : '}')) unexpected(char);
          if (taken) taken = false;
          else depth--;
          afterValue();
        }
        return undefined;
      case 'end':
        throw new EmbedError(
          `Cannot read ${name}: more follows at line ${line}, after the end of its ${keys.length > 0 ? 'object' : 'array'}`,
          {
            hint: 'Give one array of records, or one JSON object per line; for plain text add --input-format lines',
          },
        );
    }
  };

  return {
    push(text) {
      let at = 0;
      /** Where the text begins that is not handed on yet, and the open value. */
      let rest = 0;
      let begun = 0;
      for (;;) {
        if (open) {
          const end = endOfValue(text, at, open.value);
          if (end < 0) break;
          const { purpose } = open;
          close(purpose === 'skipped' ? '' : text.slice(begun, end));
          if (purpose === 'record') rest = end;
          at = end;
        }
        for (let char = text[at]; char === ' ' || char === '\n' || char === '\r' || char === '\t'; char = text[++at])
          if (char === '\n') line++;
        if (at >= text.length) break;
        const purpose = step(text[at]!);
        if (purpose !== undefined) {
          if (purpose === 'record' && at > rest) other(text.slice(rest, at));
          begin(purpose, openValue(text[at]!));
          begun = at;
        } else if (!open) at++;
      }
      if (open && open.purpose !== 'skipped') keep(text.slice(begun));
      if (open?.purpose !== 'record' && rest < text.length) other(text.slice(rest));
    },
    end() {
      // a number has no end of its own
      if (open?.value.scalar === true) close('');
      if (!open && (next === 'end' || (sequence && next === 'value'))) return;
      throw new EmbedError(`Cannot read ${name}: it ends at line ${line + (open?.value.lines ?? 0)} in the middle of a value`, {
        hint: 'The file is cut short: fetch or write it again; for plain text add --input-format lines',
      });
    },
  };
}

function kindOf(char: string): ListKind {
  return char === '{' ? 'objects' : char === '"' ? 'strings' : char === '[' ? 'lists' : char === ']' ? 'empty' : 'others';
}

function keyOf(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}
