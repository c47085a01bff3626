import { dirname, join, relative } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { IN_GRAPH, type Head, type PoolingMode } from '../head.ts';
import type { Runs, TokenizerFiles, Transformer } from '../model.ts';
import { largestTokenId } from '../tokenizer/tokenizer-json.ts';
import { embeddingRows } from '../transformer/bert.ts';
import { chooseTransformer, INDEX, type Listing, type ModelConfig, type WeightsIndex } from '../transformer/choose.ts';
import { externalFiles } from '../transformer/external-data.ts';
import { poolsItself, POOLED_OUTPUT, readOnnxFile, type OnnxFile } from '../transformer/onnx-file.ts';
import { dynamicOperator, traitsOf } from '../transformer/onnx-traits.ts';
import { exportOnnx } from '../python.ts';
import { assertFloats, UNQUANTISED, weightsOf } from '../transformer/weights.ts';
import { ADAPTER_CONFIG, adapterOnGraph, readAdapter } from './adapter-config.ts';
import { isSet } from './arguments.ts';
import { bareHead, readHead, type ModuleEntry } from './modules.ts';
import { withoutNulls, type OpenFolder } from './open-folder.ts';
import { otherType } from './other-kinds.ts';
import { SETTINGS, TOKENIZER_CONFIG, WEIGHTS_INDEX } from './schemas.ts';
import { limitOf, TRANSFORMER_SETTINGS, type SentenceTransformersConfig, type TransformerSettings } from './settings.ts';
import { readTokenizer } from './tokenizer-files.ts';

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
  /** The limit that the settings ask for, if the model has fewer positions. */
  askedTokens?: number;
  head: Head;
  /** The name of its pooling, if the head does not say it. */
  pooling?: string;
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
  // the hash of the model depends on the order in which files are read
  const other = otherType(folder, {
    type: usage().model_type,
    architectures: modules || pooling !== undefined ? undefined : config.architectures,
  });
  if (other) throw other;
  const ownHead = modules && readHead(modules, headFiles);
  const listing = {
    where: join(folder, root),
    model: folder,
    config,
    has: (file: string): boolean => has(join(root, file)),
    index: (): WeightsIndex => json<WeightsIndex>(join(root, INDEX), WEIGHTS_INDEX),
    force,
  };
  const { transformer, onnx } = findTransformer(files, root, listing);
  const bare = !ownHead && onnx && poolsItself(onnx) ? pooledDims(onnx) : undefined;
  const { head, includePrompt } = ownHead ?? bareHead(bare ? 'mean' : pooling, { ...headFiles, hidden: bare?.dims ?? hidden });
  build();
  const { tokenizer, asItStands } = readTokenizer(files, { root, settings: tokenizerSettings, config });
  // a token that only the settings name may be beyond the weights, as in the reference: a text that contains it is an error
  assertTokensKnown(asItStands, transformer, folder);
  const limit = limitOf(settings, { where: folder, file: settingsFile, config, tokenizerLimit: tokenizerConfig.model_max_length });
  return {
    runs: transformer,
    architecture: config.model_type ?? 'not named',
    precision: transformer.kind === 'weights' ? 'fp32' : onnx && dynamicOperator(onnx) !== undefined ? 'dynamic int8' : null,
    ...limit,
    head,
    ...(bare ? { pooling: IN_GRAPH } : {}),
    includePrompt,
    tokenizer: { ...tokenizer, json: settings.do_lower_case ? lowercasing(tokenizer.json) : tokenizer.json, config: tokenizerConfig },
  };
}

/** The dims of the vectors of a graph that pools by itself, if it states them. */
function pooledDims({ outputs }: OnnxFile): { dims: number | undefined } {
  return { dims: outputs.find(({ name }) => name === POOLED_OUTPUT)?.shape.at(-1) };
}

/** Chooses the transformer, and notes its files for the hash of the model. */
function findTransformer(opened: OpenFolder, root: string, listing: Listing): { transformer: Transformer; onnx: OnnxFile | undefined } {
  const { folder, note } = opened;
  const choice = chooseTransformer(listing);
  const adapted = listing.has(ADAPTER_CONFIG);
  const take = (file: string): string => {
    note(relative(folder, join(listing.where, file)));
    return join(listing.where, file);
  };
  if (choice.kind === 'weights') {
    const files = choice.files.map(take);
    assertFloats(files);
    if (isSet(listing.config.quantization_config)) {
      throw new EmbedError(`Cannot use the model in ${folder}: config.json asks for quantised weights (quantization_config)`, {
        hint: UNQUANTISED,
      });
    }
    const adapter = adapted ? { adapter: readAdapter(opened, root) } : {};
    const transformer: Transformer = { ...choice, files, config: listing.config, ...adapter };
    return { transformer, onnx: undefined };
  }
  const { file, why, unused } = choice;
  if (adapted) throw adapterOnGraph(opened, root, { file, why });
  const path = join(listing.where, file);
  const onnx = readOnnxFile(path);
  for (const name of externalFiles(path, onnx)) {
    if (listing.has(join(dirname(file), name))) take(join(dirname(file), name));
  }
  take(file);
  const traits = traitsOf(path, onnx, `Export it again with Python: ${exportOnnx(folder, { transformer: listing.where })}`);
  return { transformer: { kind: 'onnx', path, why, ...traits, ...(unused.length > 0 ? { unused } : {}) }, onnx };
}

/** Refuses a tokenizer with token ids that the weights have no embedding for. */
function assertTokensKnown(json: object, transformer: Transformer, folder: string): void {
  if (transformer.kind === 'onnx') return;
  const rows = embeddingRows(weightsOf(transformer));
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
