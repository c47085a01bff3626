import type { ModelFlags } from '../commands/options.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { packagedFolder, readFolder, type Model } from '../model/folder/folder.ts';
import { parseHubName } from '../model/hub/cache.ts';
import { cachedModel } from '../model/hub/hub.ts';
import { int8Hash } from '../model/int8/int8-model.ts';
import { withDims, withPooling } from '../model/variant.ts';
import { known } from '../report/report.ts';
import type { Manifest, ManifestModel } from '../vectors/manifest.ts';
import { namedModel, variantOf } from './open-model.ts';

type Asking = { name: string; manifest: Manifest | undefined; io: Io };

/**
 * The model that encodes queries for a set: the one that was asked for, else the set's own, in its precision and with its dims. A
 * published model that only a manifest names is taken from the cache, and never downloaded.
 */
export async function queryModel(asked: ModelFlags, { name, manifest, io }: Asking): Promise<Model> {
  const own = manifest?.model;
  const pooling = asked.pooling ?? (own?.pooling === 'mean' || own?.pooling === 'cls' ? own.pooling : undefined);
  const model =
    asked.model === undefined
      ? await setModel(own, { name, pooling })
      : await namedModel(asked.model, { ...asked, ...known({ pooling }) }, io);
  // a graph that pools by itself cannot do otherwise; that it differs from the set is told by whoever compares
  const flags = { ...asked, ...(model.pooling === pooling || model.build.precision !== undefined ? {} : known({ pooling })) };
  const convertible = model.precision === 'fp32' && model.transformer.kind !== 'static';
  const inInt8 = asked.precision === undefined && own?.precision === 'int8' && convertible;
  if (inInt8 && own.base === model.hash && asked.calibrate === undefined && int8Hash(withPooling(model, flags.pooling)) !== own.hash) {
    throw new CliError(`Cannot encode a query for ${name}: its model was calibrated on texts of yours, or by another version`, {
      hint: 'Say --calibrate FILE with the texts it was made with, or encode it again',
    });
  }
  const variant = await variantOf(model, { ...flags, ...(inInt8 ? { precision: 'int8' as const } : {}) }, io);
  const dims = manifest?.dims ?? variant.dims;
  const same = own?.hash === variant.hash || own?.hash === model.hash;
  return asked.dims === undefined && same && dims < variant.dims ? withDims(variant, dims) : variant;
}

/** The model that a manifest names. */
async function setModel(
  own: ManifestModel | null | undefined,
  { name, pooling }: { name: string; pooling: ModelFlags['pooling'] },
): Promise<Model> {
  const vectors = 'or give queries with --vectors or --like';
  if (!own) {
    throw new CliError(`Cannot encode a query for ${name}: nothing says which model its vectors are of`, {
      hint: `Name it with --model (minilm for the packaged one), ${vectors}`,
    });
  }
  const packaged = packagedFolder(own.name);
  if (packaged !== undefined) return readFolder(packaged, own.name);
  const published = parseHubName(own.revision === null ? own.name : `${own.name}@${own.revision}`);
  if (!published) {
    throw new CliError(`Cannot encode a query for ${name}: its vectors are of the model ${own.name}, which is not in the package`, {
      hint: `Name its folder with --model, ${vectors}`,
    });
  }
  const here = await cachedModel(published);
  if (here) return readFolder(here.folder, published.id, { revision: here.commit, force: true, pooling });
  throw new CliError(`Cannot encode a query for ${name}: its vectors are of the model ${own.name}, which is not in the cache`, {
    hint: `Fetch it: embed models get ${own.name}${own.revision === null ? '' : `@${own.revision}`}`,
  });
}

/** What two sets of vectors were made with. */
export type Origin = Pick<ManifestModel, 'name' | 'hash' | 'revision' | 'pooling' | 'prompts' | 'precision'> &
  Partial<Pick<ManifestModel, 'base'>> & { dims: number };

/** What a model would write into the manifest of its vectors. */
export function originOf({ name, hash, revision, pooling, prompts, precision, base, dims }: Model): Origin {
  return { name, hash, revision, pooling, prompts, precision, base: base ?? null, dims };
}

/** What a set's vectors were made with, where its manifest says it. */
export function originOfSet({ manifest }: { manifest: Manifest | undefined }): Origin | undefined {
  return manifest?.model ? { ...manifest.model, dims: manifest.dims } : undefined;
}

/** The name under which a model is published, where it is known. */
function publishedName({ name, revision }: Origin): string | undefined {
  return [revision ?? '', name].find((one) => parseHubName(one));
}

/** Hash of the model in float32, where it is known. */
function weightsOf({ base, precision, hash }: Origin): string | undefined {
  return base ?? (precision === 'fp32' ? hash : undefined);
}

/**
 * How two origins differ. Vectors of one published model in two precisions can be compared, at some loss; others cannot.
 *
 * @returns what forbids a comparison, in words, and whether only the precision differs
 */
function compareOrigins(set: Origin, query: Origin): { differences: string[]; precision: boolean } {
  if (set.hash === query.hash && set.pooling === query.pooling && set.dims === query.dims) return { differences: [], precision: false };
  const differences: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    const [a, b] = [ours, theirs].map((value) =>
      typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value),
    );
    if (a !== b) differences.push(`${what} ${a} and ${b}`);
  };
  compare('dims', set.dims, query.dims);
  // folders may be called anything; what they are a copy of is what counts, where both say it
  const published = [set, query].map(publishedName);
  if (published.includes(undefined)) compare('model', set.name, query.name);
  else compare('model', ...(published as [string, string]));
  const commits = [set, query].map(({ revision }) => (revision?.includes('/') ? null : revision));
  if (!commits.includes(null)) compare('revision', ...(commits as [string, string]));
  compare('pooling', set.pooling, query.pooling);
  compare('prompts', set.prompts, query.prompts);
  const precision = set.precision !== query.precision;
  const [ours, theirs] = [set, query].map(weightsOf);
  const others = precision ? ours !== undefined && theirs !== undefined && ours !== theirs : set.hash !== query.hash;
  if (differences.length === 0 && others) differences.push('files of the model (weights or tokenizer)');
  return { differences, precision };
}

/**
 * Refuses to compare vectors of two models.
 *
 * @returns a warning where they are of one model in two precisions, or where `force` goes against the refusal
 */
export function assertComparable(
  set: Origin,
  query: Origin,
  { name, queries, force }: { name: string; queries: string; force: boolean },
): string | undefined {
  const { differences, precision } = compareOrigins(set, query);
  if (differences.length > 0) {
    const what = `${name} and ${queries} are of different models: ${differences.join('; ')}`;
    if (force && set.dims === query.dims) return `warning: ${what}; their cosines mean little`;
    throw new CliError(`Cannot compare vectors: ${what}`, {
      hint:
        set.dims === query.dims
          ? 'Name the right model with --model, encode again, or go against this with --force'
          : 'Name the right model with --model, or encode again',
    });
  }
  return precision
    ? `warning: ${name} is in ${set.precision}, ${queries} in ${query.precision}: cosines may differ in the second decimal`
    : undefined;
}
