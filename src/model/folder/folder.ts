import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { contentHash } from '../../files/content-hash.ts';
import { isFolder } from '../../files/disk.ts';
import { shortened } from '../../text.ts';
import { dimsOf, isNormalized, type PoolingMode } from '../head.ts';
import type { Build, Facts, Fidelity, Model } from '../model.ts';
import { PACKAGED, PACKAGED_MODELS, packagedFolder } from '../packaged.ts';
import { INDEX, WEIGHTS, type ModelConfig } from '../transformer/choose.ts';
import { onnxAmong, ONNX_FILES } from '../transformer/onnx-names.ts';
import { adapterAlone, ADAPTER_CONFIG, type AdapterConfig } from './adapter-config.ts';
import { beginsStatic, staysInside, type ModuleEntry } from './modules.ts';
import { openFolder, withoutNulls } from './open-folder.ts';
import { foreignWeights, otherModule } from './other-kinds.ts';
import { ADAPTER, BUILD, CONFIG, FACTS, MODULES, USAGE } from './schemas.ts';
import { promptsOf, type SentenceTransformersConfig } from './settings.ts';
import { readStatic, staticReference, type Model2vecConfig } from './static-folder.ts';
import { readTransformer, type FolderParts } from './transformer-folder.ts';

/** Settings of a folder that are not in its files. */
export type FolderOptions = {
  revision?: string | undefined;
  /** The pooling of a bare transformer, which does not name one. */
  pooling?: PoolingMode | undefined;
  /** Load a model that requires custom code, without running that code. */
  force?: boolean | undefined;
};

/** Loads the packaged model, or that of a folder. Throws an EmbedError for anything not supported. */
export function loadModel(nameOrFolder?: string, options: FolderOptions = {}): Model {
  // without a name, a folder called minilm in the current folder must not be taken
  if (nameOrFolder === undefined) return readFolder(packagedFolder(PACKAGED)!, PACKAGED, options);
  const packaged = isFolder(nameOrFolder) ? undefined : packagedFolder(nameOrFolder);
  if (packaged !== undefined) return readFolder(packaged, nameOrFolder, options);
  if (!isFolder(nameOrFolder)) {
    throw new EmbedError(`Cannot find the model "${nameOrFolder}": ${existsSync(nameOrFolder) ? 'it is a file' : 'no such folder'}`, {
      hint: `Give the folder of a sentence-transformers model, its name on the Hugging Face Hub (owner/name), or a packaged model: ${PACKAGED_MODELS.join(', ')}`,
    });
  }
  return readFolder(resolve(nameOrFolder), basename(resolve(nameOrFolder)), options);
}

/** Reads the folder of a model; `name` is its name in messages and manifests. Throws an EmbedError for anything not supported. */
export function readFolder(folder: string, name: string, { revision, pooling, force }: FolderOptions = {}): Model {
  let hash: string | undefined;
  const opened = openFolder(folder);
  const { has, json, peek, noted } = opened;
  const modules = has('modules.json') ? json<ModuleEntry[]>('modules.json', MODULES) : undefined;
  const root = transformerPath(modules, folder);
  const other = otherModule(folder, modules) ?? foreignWeights(folder, namesIn(folder));
  if (other) throw other;
  const without = !has(join(root, WEIGHTS)) && !has(join(root, INDEX)) && onnxAmong((file) => has(join(root, file))).length === 0;
  if (without && has(join(root, ADAPTER_CONFIG))) {
    const { base_model_name_or_path: base } = withoutNulls(json<AdapterConfig>(join(root, ADAPTER_CONFIG), ADAPTER));
    throw adapterAlone(folder, { base, local: true });
  }
  // a static model needs no config.json
  const optional = beginsStatic(modules) && !has(join(root, 'config.json'));
  const stored = optional ? undefined : json<ModelConfig>(join(root, 'config.json'), CONFIG);
  const config = stored && withoutNulls(stored);
  const usage = once(() => json<SentenceTransformersConfig>('config_sentence_transformers.json', USAGE, {}));
  // only the models of the package: a folder of a stranger may have any file of that name
  const known = (): Facts => (packagedFolder(name) === folder ? withoutNulls(peek<Facts>('facts.json', FACTS, {})) : {});
  const build = once(() => ({ ...withoutNulls(json<Build>('build.json', BUILD, {})), ...known() }));
  const files = { ...opened, modules, root, usage, build };
  const reference = staticReference(modules, config);
  const parts =
    reference === undefined
      ? readTransformer(config!, { ...files, pooling, force: force === true })
      : readStatic(reference, { ...files, config: stored as Model2vecConfig | undefined });
  const { head, pooling: pooled = head.pooling.join('+') } = parts;
  const notes = notesOf(name, parts);
  return {
    name,
    folder,
    ...parts,
    revision: revision ?? build().revision ?? null,
    precision: build().precision ?? parts.precision,
    // computed on demand: a list of models does not need it
    get hash() {
      return (hash ??= hashOf(folder, noted));
    },
    dims: dimsOf(head),
    ...(build().fidelity?.golden?.int8 ? { fidelity: figuresOf(build().fidelity!.golden!.int8!) } : {}),
    pooling: pooled,
    normalized: isNormalized(head),
    ...(isShortening({ build: build(), usage: usage(), config }) ? { shortens: true as const } : {}),
    ...promptsOf(usage(), folder),
    build: build(),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** What a user should know of a model that is run otherwise than one would expect. */
function notesOf(name: string, { runs, maxTokens, askedTokens }: FolderParts): string[] {
  const notes: string[] = [];
  if (runs.kind === 'onnx' && !ONNX_FILES.some((file) => runs.path.endsWith(join('/', file)))) {
    notes.push(`note: ${name} is run from ${basename(runs.path)}, as there is no model.onnx`);
  }
  if (runs.kind === 'onnx' && runs.alone !== undefined) {
    notes.push(`note: ${name} encodes one text at a time, which takes longer: ${runs.alone}`);
  }
  if (askedTokens !== undefined) {
    notes.push(`note: ${name} reads ${maxTokens} tokens of a text, not the ${askedTokens} of max_seq_length: it has no more positions`);
  }
  return notes;
}

/** Names of the files of a model and of its folders, with "/". */
function namesIn(folder: string): string[] {
  const within = readdirSync(folder, { withFileTypes: true });
  return within.flatMap((entry) => [
    entry.name,
    ...(entry.isDirectory() ? readdirSync(join(folder, entry.name)).map((name) => `${entry.name}/${name}`) : []),
  ]);
}

/** Whether a folder says that its vectors may be shortened. Most models do not, whether they were trained for it or not. */
function isShortening({ build, usage, config }: { build: Build; usage: SentenceTransformersConfig; config: object | undefined }): boolean {
  const declared = Object.keys(config ?? {}).some((field) => field.startsWith('matryoshka_dim'));
  return build.made_by === 'embed distill' || (usage.truncate_dim ?? undefined) !== undefined || declared;
}

/** A value that is made on first use. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Only these figures: build.json has more. */
function figuresOf({ texts, meanCosine, worstCosine }: Fidelity): Fidelity {
  return { texts, meanCosine, worstCosine };
}

/** sha256 over files by name and content. */
function hashOf(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0${contentHash(join(folder, file))}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** The folder of the first module within that of the model: '' in all but old layouts. */
function transformerPath(modules: readonly ModuleEntry[] | undefined, folder: string): string {
  for (const entry of modules ?? []) {
    const { path } = entry;
    if (staysInside(path)) continue;
    throw new EmbedError(`Cannot load the model in ${folder}: modules.json has an invalid path: ${shortened(JSON.stringify(path))}`, {
      hint: 'Copy the whole folder as SentenceTransformer.save() writes it',
    });
  }
  return modules?.[0]?.path ?? '';
}
