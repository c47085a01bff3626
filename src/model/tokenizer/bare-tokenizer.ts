import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { isFolder } from '../../files/disk.ts';
import { readBoundedJson } from '../../files/bounded-json.ts';
import { TOKENIZER_LIMITS, tokenizerMisfit } from './check.ts';
import { openTokenizer, unusable } from './tokenizer.ts';

/** A tokenizer.json on its own, without special tokens around a text. */
export type BareTokenizer = {
  json: object;
  /** One more than the largest id. */
  vocabulary: number;
  /** The id of unknown text; undefined if the vocabulary knows everything. */
  unknownId: number | undefined;
  /** The ids of the first tokens of a text, at most `maxTokens`. */
  read(text: string): Int32Array;
};

/**
 * @param where the name of its folder in errors
 * @param maxTokens maximum tokens that are read of a text
 */
export function openBareTokenizer(json: object, { where, maxTokens }: { where: string; maxTokens: number }): BareTokenizer {
  // a text is cut at its end, whatever the file says
  const bare = { ...json, post_processor: null, truncation: null };
  const read = openTokenizer({ tokenizer: { json: bare, config: {} }, folder: where, maxTokens });
  const { model, added_tokens: added } = json as { model: ModelConfig; added_tokens?: { id?: number; content?: string }[] | null };
  const ids = new Map<string, number>(
    Array.isArray(model.vocab) ? model.vocab.map(([token], id) => [token, id]) : Object.entries(model.vocab),
  );
  let vocabulary = 0;
  for (const id of ids.values()) vocabulary = Math.max(vocabulary, id + 1);
  for (const { id = -1 } of added ?? []) vocabulary = Math.max(vocabulary, id + 1);
  const unknownId = model.unk_id ?? (model.unk_token ? ids.get(model.unk_token) : undefined);
  return { json, vocabulary, unknownId, read: (text) => read(text).ids };
}

type ModelConfig = { vocab: Record<string, number> | [string, number][]; unk_id?: number | null; unk_token?: string | null };

const HINT = 'Name a tokenizer.json as the tokenizers library writes it';

/** Reads a tokenizer.json, or that of a folder. */
export function readTokenizerFile(path: string): { json: object; where: string } {
  const file = isFolder(path) ? join(path, 'tokenizer.json') : path;
  const fail = (why: string, hint: string, cause?: unknown): EmbedError =>
    new EmbedError(`Cannot take the tokenizer from ${path}: ${why}`, { hint, cause });
  if (!existsSync(file)) {
    throw fail(
      file === path ? 'no such file or folder' : 'there is no tokenizer.json in it',
      'Name a tokenizer.json, or a folder that has one',
    );
  }
  let json: unknown;
  try {
    json = readBoundedJson(file, TOKENIZER_LIMITS);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw fail('it is not valid JSON', HINT, cause);
  }
  if (typeof json !== 'object' || json === null) throw fail('it does not hold a JSON object', HINT);
  const misfit = tokenizerMisfit(json);
  if (misfit !== undefined) throw unusable(dirname(file), misfit);
  return { json, where: dirname(file) };
}
