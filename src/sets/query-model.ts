import { EmbedError } from '../errors.ts';
import { customModel } from '../model/custom/encoder.ts';
import { int8Hash } from '../model/int8/int8-model.ts';
import type { Model } from '../model/model.ts';
import { abilitiesOf } from '../model/open-encoder.ts';
import { withDims, withPooling } from '../model/variant.ts';
import { withoutUndefined } from '../report/report.ts';
import type { ModelFlags } from './flags.ts';
import { namedModel, variantOf } from './open-model.ts';
import type { Origin } from './origin.ts';
import type { Run } from './run.ts';
import { modelOfSet } from './set-model.ts';

type Asking = {
  /** The origin of the vectors that those of the model will be compared with. */
  own: Origin | undefined;
  /** Begins an error, for example "Cannot encode a query for corpus.npy". */
  action: string;
  /** Ends a hint: what can be done without the model. */
  otherwise: string;
  run: Run;
};

/**
 * The model whose vectors can be compared with those of a set: the one that was asked for, else the set's own, in its precision and
 * with its dims. A published model that only a manifest names is taken from the cache, and never downloaded.
 */
export async function queryModel(asked: ModelFlags, { own, action, otherwise, run }: Asking): Promise<Model> {
  if (asked.encoder) return customModel(asked.encoder);
  const pooling = asked.pooling ?? (own?.pooling === 'mean' || own?.pooling === 'cls' ? own.pooling : undefined);
  const model =
    asked.model === undefined
      ? await ownModel(own, { action, otherwise, pooling })
      : await namedModel(asked.model, { ...asked, ...withoutUndefined({ pooling }) }, run);
  // a graph that pools by itself has no other pooling; comparing the origins will report that it differs from the set's
  const flags = { ...asked, ...(model.pooling === pooling || model.build.precision !== undefined ? {} : withoutUndefined({ pooling })) };
  const convertible = model.precision === 'fp32' && abilitiesOf(model).noProducts === undefined;
  const inInt8 = asked.precision === undefined && own?.precision === 'int8' && convertible;
  if (inInt8 && own.base === model.hash && asked.calibrate === undefined && int8Hash(withPooling(model, flags.pooling)) !== own.hash) {
    throw new EmbedError(`${action}: its model was calibrated on your own texts, or by another version`, {
      hint: 'Say --calibrate FILE with those texts, or encode it again',
    });
  }
  const variant = await variantOf(model, { ...flags, ...(inInt8 ? { precision: 'int8' as const } : {}) }, run);
  const dims = own?.dims ?? variant.dims;
  const same = own?.hash === variant.hash || own?.hash === model.hash;
  return asked.dims === undefined && same && dims < variant.dims ? withDims(variant, dims) : variant;
}

/** The set's own model. */
async function ownModel(
  own: Origin | undefined,
  { action, otherwise, pooling }: Pick<Asking, 'action' | 'otherwise'> & { pooling: ModelFlags['pooling'] },
): Promise<Model> {
  if (own) return modelOfSet(own, { action, hint: `Name its folder with --model, ${otherwise}`, pooling });
  throw new EmbedError(`${action}: nothing says which model made its vectors`, {
    hint: `Name it with --model (minilm for the packaged one), ${otherwise}`,
  });
}
