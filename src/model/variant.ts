import { EmbedError } from '../errors.ts';
import { dimsOf, IN_GRAPH, misfitOf, type Head, type PoolingMode } from './head.ts';
import type { Model } from './model.ts';
import { abilitiesOf } from './open-encoder.ts';

/** The model with another pooling. Throws an EmbedError if its graph pools by itself, or if its modules do not fit. */
export function withPooling(model: Model, pooling: PoolingMode | undefined): Model {
  if (pooling === undefined || pooling === model.pooling) return model;
  const { fixedPooling } = abilitiesOf(model);
  if (fixedPooling !== undefined) {
    throw new EmbedError(`Cannot pool ${model.name} by ${pooling}: ${fixedPooling}`, { hint: 'Leave --pooling out' });
  }
  const inGraph = model.pooling === IN_GRAPH;
  if (model.build.precision !== undefined || inGraph) {
    throw new EmbedError(`Cannot pool ${model.name} by ${pooling}: its graph pools ${inGraph ? '' : `by ${model.pooling} `}itself`, {
      hint: 'Leave --pooling out',
    });
  }
  const head = { ...model.head, pooling: [pooling] };
  const misfit = misfitOf(head);
  if (misfit) {
    throw new EmbedError(
      `Cannot pool ${model.name} by ${pooling}: its ${misfit.kind} module takes the ${misfit.takes} dims of ${model.pooling}`,
      {
        hint: 'Leave --pooling out',
      },
    );
  }
  return { ...model, head, pooling, dims: dimsOf(head), repooled: true };
}

/** The model with only the first `dims` numbers of its vectors. As in the reference, the cut comes last, and nothing is normalised again. */
export function withDims(model: Model, dims: number | undefined): Model {
  if (dims === undefined || dims === model.dims) return model;
  if (dims > model.dims) {
    throw new EmbedError(`Cannot give vectors of ${dims} dims: those of ${model.name} have ${model.dims}`, {
      hint: `Give --dims up to ${model.dims}`,
    });
  }
  const head: Head = { ...model.head, steps: [...model.head.steps, { kind: 'cut', dims }] };
  return { ...model, head, dims, normalized: false };
}

/** The words before every text: the named prompt, else the model's own for this kind of text. Throws an EmbedError for an unknown name. */
export function promptOf(model: Model, name: string | undefined, own: 'documentPrompt' | 'queryPrompt'): string | undefined {
  if (name === undefined) return model[own] === undefined ? undefined : model.prompts[model[own]];
  const names = Object.keys(model.prompts);
  const text = Object.hasOwn(model.prompts, name) ? model.prompts[name] : undefined;
  if (text === undefined) {
    throw new EmbedError(`Cannot find the prompt "${name}" in ${model.name}: it has ${names.join(', ') || 'none'}`, {
      hint: 'Leave --prompt out, or give the words with --prompt-text',
    });
  }
  return text;
}
