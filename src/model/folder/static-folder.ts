import { join } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';
import type { StaticEmbedding } from '../model.ts';
import { tableShape } from '../static/table.ts';
import { largestTokenId } from '../tokenizer/tokenizer-json.ts';
import { saveAgain } from '../python.ts';
import { WEIGHTS } from '../transformer/choose.ts';
import { bareHead, beginsStatic, readHead, type ModuleEntry } from './modules.ts';
import type { FolderFiles, FolderParts } from './transformer-folder.ts';

/** The fields of model2vec's config.json that decide a vector. */
export type Model2vecConfig = { model_type?: string; normalize?: boolean; max_length?: number | null };

type Truncation = { max_length?: unknown } | null | undefined;

/** The default of model2vec. */
const MODEL2VEC_MAX_TOKENS = 512;

/** The modules in folders that model2vec itself writes. */
const OWN_MODULES = /\.(StaticEmbedding|Normalize)$/;

/**
 * The library that a static folder is read as: model2vec if config.json says so and it knows all modules, else sentence-transformers.
 * Undefined for other models.
 */
export function staticReference(
  modules: readonly ModuleEntry[] | undefined,
  config: { model_type?: unknown } | undefined,
): StaticEmbedding['reference'] | undefined {
  const isStatic = beginsStatic(modules);
  if (modules !== undefined && !isStatic) return undefined;
  const own = config?.model_type === 'model2vec' && (modules ?? []).every(({ type }) => OWN_MODULES.test(type));
  return own ? 'model2vec' : isStatic ? 'sentence-transformers' : undefined;
}

/**
 * Reads a static folder: its table, its tokenizer, its limit and the modules after the table.
 *
 * @throws EmbedError if a file is missing, or if files do not fit each other
 */
export function readStatic(
  reference: StaticEmbedding['reference'],
  {
    folder,
    modules,
    root,
    has,
    json,
    tokenizer: readTokenizer,
    note,
    usage,
    build,
    config,
  }: FolderFiles & { config: Model2vecConfig | undefined },
): FolderParts {
  const file = join(root, WEIGHTS);
  if (!has(file)) {
    const old = has(join(root, 'pytorch_model.bin'));
    throw new EmbedError(`Cannot load the model in ${folder}: ${file} is missing${old ? ', there is only pytorch_model.bin' : ''}`, {
      hint: old ? `Save it again with Python: ${saveAgain(folder)}` : 'Copy the whole folder again',
    });
  }
  note(file);
  const tokenizer = readTokenizer<{ truncation?: Truncation }>(join(root, 'tokenizer.json'));
  const table = tableShape(join(folder, file), { where: folder, tokens: largestTokenId(tokenizer) + 1 });
  const own = reference === 'model2vec';
  const files = { folder, has, json, note, hidden: table.dims, truncateDim: usage().truncate_dim ?? undefined };
  // model2vec only reads its config.json, whatever modules.json says
  const bare = own ? bareHead('mean', { ...files, normalized: config!.normalize === true }) : undefined;
  const { head } = bare ?? readHead(modules!, files);
  const limit = own ? config!.max_length : tokenizer.truncation?.max_length;
  const maxTokens: unknown = limit === undefined && own ? MODEL2VEC_MAX_TOKENS : (limit ?? Infinity);
  if (typeof maxTokens !== 'number' || !(maxTokens === Infinity || (Number.isSafeInteger(maxTokens) && maxTokens > 0))) {
    throw new EmbedError(
      `Cannot use the model in ${folder}: ${own ? 'config.json' : 'the truncation in tokenizer.json'} has max_length ${shortened(JSON.stringify(limit))}`,
      { hint: 'Correct it; null means no limit' },
    );
  }
  build();
  return {
    architecture: 'static',
    precision: table.precision,
    runs: {
      kind: 'static',
      path: join(folder, file),
      why: own ? 'config.json says model2vec' : 'modules.json begins with StaticEmbedding',
      reference,
      table,
    },
    head,
    includePrompt: true,
    maxTokens,
    // model2vec replaces the truncation by its own, at the end of a text
    tokenizer: {
      json: own ? { ...tokenizer, truncation: null } : tokenizer,
      config: {},
      bare: true,
      dropsUnknown: own,
      maxChars: own ? maxTokens * medianLength(tokenizer) : Infinity,
    },
  };
}

/** The median length of the tokens, in characters, rounded down. */
function medianLength(tokenizer: object): number {
  const { model, added_tokens: added } = tokenizer as { model?: { vocab?: object }; added_tokens?: { content: string }[] | null };
  const vocab: object = Object(model?.vocab);
  const tokens = Array.isArray(vocab) ? (vocab as [string, number][]).map(([token]) => token) : Object.keys(vocab);
  const distinct = new Set([...tokens, ...(added ?? []).map(({ content }) => content)]);
  const lengths = Int32Array.from(distinct, (token) => [...token].length).toSorted();
  const middle = lengths.length >> 1;
  return lengths.length % 2 === 1 ? lengths[middle]! : Math.floor((lengths[middle - 1]! + lengths[middle]!) / 2);
}
