import { CliError } from '../errors.ts';
import { packagedFolder, loadModel, type Model } from '../model/folder.ts';
import type { Manifest, ManifestModel } from '../vectors/manifest.ts';

/**
 * The model that encodes queries for a set: the one that was asked for, else the set's own. A model that only a manifest
 * names is never fetched from anywhere.
 */
export function queryModel(asked: string | undefined, { name, manifest }: { name: string; manifest: Manifest | undefined }): Model {
  if (asked !== undefined) return loadModel(asked);
  const own = manifest?.model;
  if (!own) {
    throw new CliError(`Cannot encode a query for ${name}: nothing says which model its vectors are of`, {
      hint: 'Name its folder with --model (minilm for the packaged one), or give queries with --vectors or --like',
    });
  }
  if (packagedFolder(own.name) === undefined) {
    throw new CliError(`Cannot encode a query for ${name}: its vectors are of the model ${own.name}, which is not in the package`, {
      hint: 'Name its folder with --model, or give queries with --vectors or --like',
    });
  }
  return loadModel(own.name);
}

/** What two sets of vectors were made with. */
export type Origin = Pick<ManifestModel, 'name' | 'hash' | 'revision' | 'pooling' | 'prompts' | 'precision'> & { dims: number };

/** What a model would write into the manifest of its vectors. */
export function originOf({ name, hash, revision, pooling, prompts, precision, dims }: Model): Origin {
  return { name, hash, revision, pooling, prompts, precision, dims };
}

/** What a set's vectors were made with, where its manifest says it. */
export function originOfSet({ manifest }: { manifest: Manifest | undefined }): Origin | undefined {
  return manifest?.model ? { ...manifest.model, dims: manifest.dims } : undefined;
}

/**
 * How two origins differ. Vectors of one published model in two precisions can be compared, at some loss; others cannot.
 *
 * @returns what forbids a comparison, in words, and whether only the precision differs
 */
function compareOrigins(set: Origin, query: Origin): { differences: string[]; precision: boolean } {
  if (set.hash === query.hash && set.pooling === query.pooling) return { differences: [], precision: false };
  const differences: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    const [a, b] = [ours, theirs].map((value) =>
      typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value),
    );
    if (a !== b) differences.push(`${what} ${a} and ${b}`);
  };
  compare('dims', set.dims, query.dims);
  // folders may be called anything; the published revision is what counts, where both say it
  if (set.revision !== null && query.revision !== null) compare('revision', set.revision, query.revision);
  else compare('model', set.name, query.name);
  compare('pooling', set.pooling, query.pooling);
  compare('prompts', set.prompts, query.prompts);
  const precision = set.precision !== query.precision;
  if (differences.length === 0 && !precision && set.hash !== query.hash) differences.push('files of the model (weights or tokenizer)');
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
