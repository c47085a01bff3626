import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import type { TokenizerFiles } from '../model.ts';
import { overriddenTokenizer, type ClassConfig, type Overridden } from '../tokenizer/overrides.ts';
import type { OpenFolder } from './open-folder.ts';
import { ADDED_TOKENS, SPECIAL_TOKENS_MAP } from './schemas.ts';

/** Files in which older folders name special tokens. */
export const TOKEN_FILES = ['special_tokens_map.json', 'added_tokens.json'] as const;

/** A tokenizer as the reference opens it, and its tokenizer.json as it stands. */
export type ReadTokenizer = { tokenizer: Omit<TokenizerFiles, 'config'>; asItStands: object };

type Settings = Readonly<Record<string, unknown>>;

/**
 * Reads tokenizer.json, and what overrides it in the reference: the class and settings of tokenizer_config.json, and two files of older
 * folders. Throws an EmbedError for what cannot be followed.
 *
 * @param root the folder of the transformer within that of the model
 * @param settings the content of tokenizer_config.json; nulls count
 */
export function readTokenizer(
  files: OpenFolder,
  { root, settings, config }: { root: string; settings: Settings; config: ClassConfig },
): ReadTokenizer {
  const file = join(root, 'tokenizer.json');
  if (!files.has(file)) throw missing(files, root);
  const json = files.tokenizer<object>(file);
  const open = (more: { map?: Settings | undefined; added?: Record<string, number> | undefined }): Overridden => {
    try {
      return overriddenTokenizer(json, { settings, config, ...more });
    } catch (cause) {
      throw unfollowed(files.folder, (cause as Error).message, cause);
    }
  };
  let opened = open({});
  // with added_tokens_decoder, the reference does not look at them
  if (settings['added_tokens_decoder'] === undefined) {
    const [mapFile, addedFile] = TOKEN_FILES.map((name) => join(root, name)) as [string, string];
    const map = files.has(mapFile) ? files.peek<Settings>(mapFile, SPECIAL_TOKENS_MAP) : undefined;
    const added = files.has(addedFile) ? files.peek<Record<string, number>>(addedFile, ADDED_TOKENS) : undefined;
    // a file that changes nothing decides nothing: the hash of a folder that was read without it stays
    for (const [name, more] of [
      [mapFile, { map }],
      [addedFile, { map, added }],
    ] as const) {
      const next = open(more);
      if (JSON.stringify(decisive(next)) !== JSON.stringify(decisive(opened))) files.note(name);
      opened = next;
    }
  }
  const { readAs, overrides, splitsSpecial } = opened;
  return {
    tokenizer: { json: opened.json, readAs: { name: readAs, overrides }, ...(splitsSpecial ? { splitsSpecial } : {}) },
    asItStands: json,
  };
}

/** The parts that special tokens can change. */
function decisive({ json }: Overridden): unknown {
  const { added_tokens: added, post_processor: around } = json as { added_tokens?: unknown; post_processor?: unknown };
  return [added ?? [], around ?? null];
}

function unfollowed(folder: string, why: string, cause: unknown): EmbedError {
  return new EmbedError(`Cannot use the tokenizer in ${folder}: ${why}`, {
    hint: why.includes('tokenizer_class')
      ? 'If tokenizer.json alone gives its tokens, write "tokenizer_class": "PreTrainedTokenizerFast" into tokenizer_config.json of a copy; embed models verify compares it'
      : 'Correct it, or remove it where the default of its tokenizer_class is right',
    cause,
  });
}

/** Vocabularies that the reference would build a tokenizer.json from. */
const SOURCES = ['vocab.txt', 'vocab.json', 'sentencepiece.bpe.model', 'spiece.model', 'tokenizer.model', 'spm.model'];

function missing({ folder, has }: OpenFolder, root: string): EmbedError {
  const source = SOURCES.find((name) => has(join(root, name)));
  const there = source === undefined ? '' : `; its vocabulary is in ${source}, which embed does not read`;
  return new EmbedError(`Cannot load the model in ${folder}: ${join(root, 'tokenizer.json')} is missing${there}`, {
    hint:
      source === undefined
        ? 'Copy the whole folder as SentenceTransformer.save() writes it'
        : `Write it once with Python: python3 -c "from transformers import AutoTokenizer as A; A.from_pretrained('DIR').save_pretrained('DIR')"`,
  });
}
