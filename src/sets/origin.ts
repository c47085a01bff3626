import { EmbedError } from '../errors.ts';
import { parseHubName } from '../model/hub/cache.ts';
import type { Model } from '../model/model.ts';
import type { Manifest, ManifestModel } from '../vectors/manifest.ts';

/** The model and settings that made a set of vectors. */
export type Origin = Pick<ManifestModel, 'name' | 'hash' | 'revision' | 'pooling' | 'prompts' | 'precision'> &
  Partial<Pick<ManifestModel, 'base' | 'prompt'>> & { dims: number };

/** The origin of the vectors that a model makes. */
export function originOf({ name, hash, revision, pooling, prompts, precision, base, dims }: Model): Origin {
  return { name, hash, revision, pooling, prompts, precision, base: base ?? null, dims };
}

/** The origin of a set's vectors, if its manifest names it. */
export function originOfSet({ manifest }: { manifest: Manifest | undefined }): Origin | undefined {
  return manifest?.model ? { ...manifest.model, dims: manifest.dims } : undefined;
}

/** The name under which a model is published, if it is known. */
function publishedName({ name, revision }: Origin): string | undefined {
  return [revision ?? '', name].find((one) => parseHubName(one));
}

/** Hash of the model in float32, if it is known. */
function weightsOf({ base, precision, hash }: Origin): string | undefined {
  return base ?? (precision === 'fp32' ? hash : undefined);
}

/**
 * How two origins differ. Vectors of one published model in two precisions can be compared, at some loss; others cannot.
 *
 * @returns the differences that forbid a comparison, in words, and whether the precision differs
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
  // a folder may have any name: if both name the published model they are a copy of, that one is compared
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

/** Whether vectors of two origins can be compared, if at some loss. */
export function areComparable(set: Origin, query: Origin): boolean {
  return compareOrigins(set, query).differences.length === 0;
}

/**
 * Refuses to compare vectors of two models.
 *
 * @returns a warning if they are of one model in two precisions, or if `force` overrides the refusal
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
    throw new EmbedError(`Cannot compare vectors: ${what}`, {
      hint:
        set.dims === query.dims
          ? 'Name the right model with --model, encode again, or override this with --force'
          : 'Name the right model with --model, or encode again',
    });
  }
  return precision
    ? `warning: ${name} is in ${set.precision}, ${queries} in ${query.precision}: cosines may differ in the second decimal`
    : undefined;
}
