import type { Encoder } from './encoder.ts';
import type { Model } from './model.ts';
import { openStaticEncoder } from './static/encoder.ts';
import { openTransformerEncoder } from './transformer/encoder.ts';

export function openEncoder(model: Model, { threads, prompt = '' }: { threads: number; prompt?: string }): Encoder {
  const { transformer } = model;
  if (transformer.kind === 'static') return openStaticEncoder(model, { transformer, threads, prompt });
  return openTransformerEncoder(model, { threads, prompt });
}
