import { promptOf } from '../model/variant.ts';
import { modelOptionNames, type EncodeFlags } from './flags.ts';
import type { EncodeJob } from './job.ts';
import { areComparable, assertComparable, originOf, originOfSet, type Origin } from './origin.ts';
import { identityOf } from './plan.ts';
import { queryModel } from './query-model.ts';
import type { Run } from './run.ts';

/** Vectors that those of a corpus will be compared with; `name` is their name in messages. */
export type Like = { origin: Origin; name: string };

/** What the vectors of another corpus must be like, to be compared with these; undefined where nothing says which model made them. */
export function likeOf(set: Parameters<typeof originOfSet>[0], name: string): Like | undefined {
  const origin = originOfSet(set);
  return origin && { origin, name };
}

/** The job whose vectors can be compared with those of `like`: this one, or one with their model, where no option names one and nothing is forced. */
export async function jobLike(job: EncodeJob, flags: EncodeFlags, { like, run }: { like: Like | undefined; run: Run }): Promise<EncodeJob> {
  const { plan, model: own } = job;
  if (!like || flags.force || modelOptionNames(flags).length > 0 || areComparable(like.origin, originOf(own))) return job;
  const { origin, name } = like;
  const path = plan.files[0]!.path;
  const model = await queryModel(flags, {
    own: origin,
    action: `Cannot encode ${path} with the model of ${name}`,
    otherwise: 'or encode both with the same one',
    run,
  });
  // before the corpus is encoded in vain
  assertComparable(origin, originOf(model), { name, queries: path, force: false });
  const prompt = promptOf(model, undefined, 'documentPrompt');
  return { ...job, model, prompt, identity: identityOf(plan, model, { prompt, text: flags.text }) };
}
