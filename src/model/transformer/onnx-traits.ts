import { EmbedError } from '../../errors.ts';
import type { OnnxTraits } from '../model.ts';
import { poolsItself, type OnnxFile } from './onnx-file.ts';

/** Operators that choose the scale of integers by all values of a batch, those of other texts included, begin so. */
const DYNAMIC = 'DynamicQuantize';

/** The operator by which a graph quantises dynamically, if it does. */
export function dynamicOperator({ operators }: Pick<OnnxFile, 'operators'>): string | undefined {
  return [...operators].filter((name) => name.startsWith(DYNAMIC)).toSorted()[0];
}

/**
 * How an ONNX file must be run, by its operators, inputs and outputs.
 *
 * @param hint ends the error
 * @throws EmbedError for inputs of a fixed size that texts cannot have
 */
export function traitsOf(path: string, file: OnnxFile, hint: string): Pick<OnnxTraits, 'alone' | 'pooled'> {
  const [rows, tokens] = file.inputs.find(({ name }) => name === 'input_ids')?.shape ?? [];
  const fixed =
    tokens !== undefined ? `texts of ${tokens} tokens` : rows !== undefined && rows > 1 ? `batches of ${rows} texts` : undefined;
  if (fixed !== undefined) {
    throw new EmbedError(`Cannot use ${path}: its graph only takes ${fixed}, the sizes of input_ids are fixed in it`, { hint });
  }
  const operator = dynamicOperator(file);
  const alone =
    operator !== undefined
      ? `it was quantised dynamically (${operator}), so a text would change the vectors of the others in its batch`
      : rows === 1
        ? 'its graph only takes batches of one text'
        : undefined;
  return { ...(alone === undefined ? {} : { alone }), ...(poolsItself(file) ? { pooled: true as const } : {}) };
}
