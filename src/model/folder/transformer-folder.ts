import { dirname, join, relative } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { readAllSafetensors } from '../../vectors/safetensors.ts';
import type { Head, PoolingMode } from '../head.ts';
import type { Runs, TokenizerFiles, Transformer } from '../model.ts';
import { largestTokenId } from '../tokenizer/tokenizer-json.ts';
import { embeddingRows } from '../transformer/bert.ts';
import { chooseTransformer, INDEX, type Listing, type ModelConfig, type WeightsIndex } from '../transformer/choose.ts';
import { externalFiles } from '../transformer/external-data.ts';
import { bareHead, readHead, type ModuleEntry } from './modules.ts';
import { withoutNulls, type OpenFolder } from './open-folder.ts';
import { SETTINGS, TOKENIZER_CONFIG, WEIGHTS_INDEX } from './schemas.ts';
import { readTokenizer } from './tokenizer-files.ts';
import { maxTokensOf, TRANSFORMER_SETTINGS, type SentenceTransformersConfig, type TransformerSettings } from './settings.ts';

/** The folder of a model, for the functions that read its parts. */
export type FolderFiles = OpenFolder & {
  modules: readonly ModuleEntry[] | undefined;
  /** The folder of the first module within that of the model. */
  root: string;
  usage: () => SentenceTransformersConfig;
  build: () => object;
};

/** The parts of a model as its folder describes them: the tokenizer, the transformer or table, and the head. */
export type FolderParts = {
  runs: Runs;
  architecture: string;
  /** Used if build.json does not say it. */
  precision: string | null;
  maxTokens: number;
  head: Head;
  includePrompt: boolean;
  tokenizer: TokenizerFiles;
};

/** Reads the transformer of a folder, its tokenizer and the modules after it. */
export function readTransformer(
  config: ModelConfig,
  files: FolderFiles & { pooling: PoolingMode | undefined; force: boolean },
): FolderParts {
  const { folder, modules, root, has, json, note, usage, build, pooling, force } = files;
  const settingsFile = join(root, TRANSFORMER_SETTINGS.find((file) => has(join(root, file))) ?? TRANSFORMER_SETTINGS[0]!);
  const settings = withoutNulls(json<TransformerSettings>(settingsFile, SETTINGS, {}));
  const tokenizerSettings = json<Record<string, unknown>>(join(root, 'tokenizer_config.json'), TOKENIZER_CONFIG, {});
  const tokenizerConfig: { model_max_length?: number } = withoutNulls(tokenizerSettings);
  const hidden = config.hidden_size ?? config.dim ?? config.d_model;
  const headFiles = { folder, has, json, note, hidden, truncateDim: usage().truncate_dim ?? undefined };
  const { head, includePrompt } = modules ? readHead(modules, headFiles) : bareHead(pooling, headFiles);
  const listing = {
    where: join(folder, root),
    config,
    has: (file: string): boolean => has(join(root, file)),
    index: (): WeightsIndex => json<WeightsIndex>(join(root, INDEX), WEIGHTS_INDEX),
    force,
  };
  const transformer = findTransformer(folder, listing, note);
  // the hash of the model depends on the order in which files are read
  build();
  const { tokenizer, asItStands } = readTokenizer(files, { root, settings: tokenizerSettings, config });
  // a token that only the settings name may be beyond the weights, as in the reference: a text that contains it is an error
  assertTokensKnown(asItStands, transformer, folder);
  return {
    runs: transformer,
    architecture: config.model_type ?? 'not named',
    precision: transformer.kind === 'weights' ? 'fp32' : null,
    maxTokens: maxTokensOf(settings, { where: folder, file: settingsFile, config, tokenizerLimit: tokenizerConfig.model_max_length }),
    head,
    includePrompt,
    tokenizer: { ...tokenizer, json: settings.do_lower_case ? lowercasing(tokenizer.json) : tokenizer.json, config: tokenizerConfig },
  };
}

/** Chooses the transformer, and notes its files for the hash of the model. */
function findTransformer(folder: string, listing: Listing, note: (file: string) => void): Transformer {
  const choice = chooseTransformer(listing);
  const take = (file: string): string => {
    note(relative(folder, join(listing.where, file)));
    return join(listing.where, file);
  };
  if (choice.kind === 'weights') return { ...choice, files: choice.files.map(take), config: listing.config };
  const { file, why } = choice;
  for (const name of externalFiles(join(listing.where, file))) {
    if (listing.has(join(dirname(file), name))) take(join(dirname(file), name));
  }
  return { kind: 'onnx', path: take(file), why };
}

/** Refuses a tokenizer with token ids that the weights have no embedding for. */
function assertTokensKnown(json: object, transformer: Transformer, folder: string): void {
  if (transformer.kind === 'onnx') return;
  const rows = embeddingRows(readAllSafetensors(transformer.files));
  const largest = largestTokenId(json);
  if (rows === undefined || largest < rows) return;
  throw new EmbedError(
    `Cannot load the model in ${folder}: its tokenizer.json has the token id ${largest}, where its weights have ${rows} embeddings`,
    { hint: 'The tokenizer belongs to another model: copy the whole folder again' },
  );
}

type Normalizer = { type?: string; normalizers?: Normalizer[] };

/** The tokenizer as the reference uses it with do_lower_case: its first normaliser is lower case; written-out special tokens come before. */
function lowercasing(json: object): object {
  const { normalizer } = json as { normalizer?: Normalizer | null };
  if ([normalizer, ...(normalizer?.normalizers ?? [])].some((step) => step?.type === 'Lowercase')) return json;
  return { ...json, normalizer: { type: 'Sequence', normalizers: [{ type: 'Lowercase' }, ...(normalizer ? [normalizer] : [])] } };
}
