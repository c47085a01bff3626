import { EmbedError } from '../errors.ts';
import { promptOf } from '../model/variant.ts';
import type { VectorSet } from '../vectors/set-reader.ts';
import type { EncodeFlags } from './flags.ts';
import type { EncodeJob } from './job.ts';
import { areComparable, assertComparable, originOf, originOfSet, type Origin } from './origin.ts';
import { identityOf } from './plan.ts';
import { queryModel } from './query-model.ts';
import type { Run } from './run.ts';

/** Vectors that those of a corpus will be compared with; `name` is their name in messages. */
export type Like = {
  /** Undefined where nothing says which model made them. */
  origin: Origin | undefined;
  dims: number;
  name: string;
  /** The prompt that their texts were encoded with, for texts that are to be encoded in the same way; undefined where any will do. */
  prompt?: string | null | undefined;
};

/** What the vectors of another corpus must be like, to be compared with those of a set. */
export function likeOf(set: Pick<VectorSet, 'manifest' | 'vectors'>, name: string): Like {
  return { origin: originOfSet(set), dims: set.vectors.cols, name, prompt: set.manifest?.model?.prompt };
}

/**
 * The job whose vectors can be compared with those of `like`: this one, or one with their model and their prompt, where no option names
 * others and nothing is forced.
 *
 * @throws EmbedError where the vectors could not be compared, before the corpus is encoded in vain
 */
export async function jobLike(job: EncodeJob, flags: EncodeFlags, { like, run }: { like: Like | undefined; run: Run }): Promise<EncodeJob> {
  if (!like) return job;
  const { origin, name } = like;
  const path = job.plan.files[0]!.path;
  const isFree = flags.model === undefined && flags.encoder === undefined && flags.force !== true;
  if (!origin || !isFree) {
    assertLike(job, { like, path, force: flags.force === true });
    return job;
  }
  const model = areComparable(origin, originOf(job.model))
    ? job.model
    : await queryModel(flags, {
        own: origin,
        action: `Cannot encode ${path} with the model of ${name}`,
        otherwise: 'or encode both with the same one',
        run,
      });
  const isPrompted = flags.prompt !== undefined || flags.promptText !== undefined;
  const usual = flags.promptText ?? promptOf(model, flags.prompt, 'documentPrompt');
  const prompt = isPrompted || like.prompt === undefined ? usual : (like.prompt ?? undefined);
  if ((prompt ?? '') !== (usual ?? '')) run.note(`note: the prompt is that of ${name}: ${JSON.stringify(prompt ?? '')}`);
  const found = { ...job, model, prompt, identity: identityOf(job.plan, model, { prompt, text: flags.text }) };
  assertLike(found, { like, path, force: false });
  return found;
}

function assertLike({ model }: EncodeJob, { like, path, force }: { like: Like; path: string; force: boolean }): void {
  const { origin, dims, name } = like;
  if (origin) assertComparable(origin, originOf(model), { name, queries: path, force });
  if (model.dims === dims) return;
  throw new EmbedError(
    `Cannot compare ${path} with ${name}: vectors of ${model.dims} and ${dims} numbers, those of ${path} by ${model.name}`,
    {
      hint: `Name the model of ${name} with --model, or encode both with one model`,
    },
  );
}
