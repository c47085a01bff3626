import { CUSTOM } from './custom/encoder.ts';
import type { Abilities, Encoder, EncoderKind } from './encoder.ts';
import type { Model, Runs } from './model.ts';
import { STATIC } from './static/encoder.ts';
import { TRANSFORMER } from './transformer/encoder.ts';

/** Every kind of encoder. */
const KINDS: { readonly [Kind in Runs['kind']]: EncoderKind<Extract<Runs, { kind: Kind }>> } = {
  onnx: TRANSFORMER,
  weights: TRANSFORMER,
  static: STATIC,
  custom: CUSTOM,
};

/** @param prompt words before every text */
export function openEncoder(model: Model, { threads, prompt = '' }: { threads: number; prompt?: string }): Encoder {
  const { runs } = model;
  const kind = KINDS[runs.kind] as EncoderKind<Runs>;
  return kind.open(model, { runs, threads, prompt });
}

export function abilitiesOf({ runs }: Pick<Model, 'runs'>): Abilities {
  return KINDS[runs.kind];
}
