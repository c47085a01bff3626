import { EmbedError } from '../../errors.ts';
import { listTensors, readAllSafetensors, type Weights } from '../../vectors/safetensors.ts';
import { shortened } from '../../text.ts';
import type { Transformer } from '../model.ts';
import { withAdapter } from './adapter.ts';

/** The weights of a transformer, with its adapter folded in. */
export function weightsOf({ files, adapter }: Pick<Extract<Transformer, { kind: 'weights' }>, 'files' | 'adapter'>): Weights {
  const weights = readAllSafetensors(files);
  return adapter === undefined ? weights : withAdapter(weights, adapter);
}

/** Refuses weights that are not floats: they are quantised, and their scales are not applied. */
export function assertFloats(files: readonly string[]): void {
  for (const file of files) {
    const found = [...listTensors(file)].find(([name, { dtype }]) => name.endsWith('.weight') && !FLOATS.test(dtype));
    if (found === undefined) continue;
    throw new EmbedError(`Cannot use the weights in ${file}: "${shortened(found[0])}" holds ${found[1].dtype}, so the model is quantised`, {
      hint: UNQUANTISED,
    });
  }
}

const FLOATS = /^(F64|F32|F16|BF16)$/;

export const UNQUANTISED = 'Name the model that it was made from, whose weights are float32, float16 or bfloat16: --model OWNER/NAME';
