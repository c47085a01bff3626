import { posix } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { readBoundedJson } from '../../files/bounded-json.ts';
import type { Schema } from '../../schema.ts';
import { shortened } from '../../text.ts';
import { staysInside, type ModuleEntry } from '../folder/modules.ts';
import { adapterAlone, ADAPTER_CONFIG, ADAPTER_WEIGHTS, type AdapterConfig } from '../folder/adapter-config.ts';
import { jsonMisfit, SETTINGS_LIMITS, withoutNulls } from '../folder/open-folder.ts';
import { foreignWeights, otherModule } from '../folder/other-kinds.ts';
import { ADAPTER, CONFIG, MODULES, TOKENIZER_CONFIG, WEIGHTS_INDEX } from '../folder/schemas.ts';
import { TRANSFORMER_SETTINGS } from '../folder/settings.ts';
import { staticReference } from '../folder/static-folder.ts';
import { TOKEN_FILES } from '../folder/tokenizer-files.ts';
import { chooseTransformer, INDEX, WEIGHTS, type ModelConfig, type WeightsIndex } from '../transformer/choose.ts';
import { externalFiles } from '../transformer/external-data.ts';
import { whyNoGraph } from '../transformer/families.ts';
import { onnxAmong, ONNX_FILES } from '../transformer/onnx-names.ts';

/** The source of a published model's files: the hub or the cache. */
export type FileSource = {
  /** Its name in errors. */
  where: string;
  /** Whether it is known to have a file. */
  has(file: string): boolean;
  /** Names of the files that it is known to have. */
  names(): readonly string[];
  /** The same as `has` for an optional file. Throws if it is not known whether the model has it. */
  settled(file: string): boolean;
  /** Fetches a file if it is not here. Returns its path. */
  get(file: string): Promise<string>;
};

/** The entries of modules.json. Throws an EmbedError for an invalid path; reading the folder checks the rest. */
function modulesIn(entries: ModuleEntry[], where: string): ModuleEntry[] {
  const astray = entries.find(({ path }) => !staysInside(path));
  if (astray === undefined) return entries;
  throw new EmbedError(`Cannot load the model ${where}: modules.json has an invalid path: ${shortened(JSON.stringify(astray.path))}`, {
    hint: 'Tell the authors of the model',
  });
}

/** Fetches the files that a model is loaded from, and no others: settings, tokenizer, and either weights or an ONNX file. */
export async function collectFiles(source: FileSource, { force }: { force: boolean }): Promise<void> {
  const paths = new Map<string, string>();
  const get = async (file: string): Promise<void> => void paths.set(file, await source.get(file));
  const getIfAny = async (file: string): Promise<boolean> => {
    const there = source.settled(file);
    if (there) await get(file);
    return there;
  };
  const json = <T>(file: string, schema: Schema): T => {
    let value: unknown;
    try {
      value = readBoundedJson(paths.get(file)!, SETTINGS_LIMITS);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new EmbedError(`Cannot load the model ${source.where}: ${file} is not valid JSON`, {
        hint: 'Tell the authors of the model',
        cause,
      });
    }
    const misfit = jsonMisfit(value, { file, schema });
    if (misfit === undefined) return value as T;
    throw new EmbedError(`Cannot load the model ${source.where}: ${misfit}`, { hint: 'Tell the authors of the model' });
  };

  const foreign = foreignWeights(source.where, source.names());
  if (foreign) throw foreign;
  await getIfAny('config_sentence_transformers.json');
  const modules = (await getIfAny('modules.json')) ? modulesIn(json('modules.json', MODULES), source.where) : [];
  const other = otherModule(source.where, modules);
  if (other) throw other;
  const [first, ...rest] = modules;
  for (const { path, type } of rest) {
    await getIfAny(posix.join(path, 'config.json'));
    if (!/\.(Pooling|Normalize|Dropout)$/.test(type)) await getIfAny(posix.join(path, WEIGHTS));
  }
  const at = (file: string): string => posix.join(first?.path ?? '', file);
  await getIfAny(at('config.json'));
  const config = paths.has(at('config.json')) ? withoutNulls(json<ModelConfig>(at('config.json'), CONFIG)) : undefined;
  await getIfAny(at('tokenizer.json'));
  if (staticReference(modules.length > 0 ? modules : undefined, config) !== undefined) {
    await getIfAny(at(WEIGHTS));
    return;
  }
  const settings = at('tokenizer_config.json');
  const hasSettings = await getIfAny(settings);
  const decoder = hasSettings ? json<{ added_tokens_decoder?: unknown }>(settings, TOKENIZER_CONFIG).added_tokens_decoder : undefined;
  // what older versions of the reference write instead
  if (decoder === undefined) for (const file of TOKEN_FILES) await getIfAny(at(file));
  for (const file of TRANSFORMER_SETTINGS) if (await getIfAny(at(file))) break;
  const adapted = source.has(at(ADAPTER_CONFIG));
  if (adapted) {
    await get(at(ADAPTER_CONFIG));
    if (source.has(at(ADAPTER_WEIGHTS))) await get(at(ADAPTER_WEIGHTS));
    if (![WEIGHTS, INDEX].some((file) => source.has(at(file))) && onnxAmong((file) => source.has(at(file))).length === 0) {
      const { base_model_name_or_path: base } = withoutNulls(json<AdapterConfig>(at(ADAPTER_CONFIG), ADAPTER));
      throw adapterAlone(source.where, { base, local: false });
    }
  }
  // reading the folder reports what is missing
  if (config === undefined) return;
  // if a graph could be built from weights, their presence decides which files are used
  const decisive = whyNoGraph(config) === undefined ? [WEIGHTS, INDEX] : [];
  const has = (file: string): boolean => (decisive.includes(file) ? source.settled(at(file)) : source.has(at(file)));
  if (!has(WEIGHTS) && has(INDEX)) await get(at(INDEX));
  const choice = chooseTransformer({
    where: source.where,
    model: source.where,
    config,
    has,
    index: () => json<WeightsIndex>(at(INDEX), WEIGHTS_INDEX),
    force,
  });
  if (choice.kind === 'weights') {
    for (const file of choice.files) await get(at(file));
    return;
  }
  // another place of the model may only lack the file that is nearer to float32
  if (!ONNX_FILES.includes(choice.file)) for (const file of ONNX_FILES) source.settled(at(file));
  await get(at(choice.file));
  for (const name of externalFiles(paths.get(at(choice.file))!)) await get(at(posix.join(posix.dirname(choice.file), name)));
}
