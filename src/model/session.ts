import { openSession } from '../engine/runtime.ts';
import { CliError } from '../errors.ts';
import type { Pooling } from './folder.ts';

/** What a worker must know to run batches of one model. */
export type SessionSpec = { onnxPath: string; pooling: Pooling; normalized: boolean; dims: number; threads: number };

/** Runs `rows` texts of `tokens` tokens each; returns their vectors, [rows, dims] in C order. */
export type RunBatch = (ids: BigInt64Array, rows: number, tokens: number) => Promise<Float32Array>;

/** Names under which exporters publish token vectors. */
const TOKEN_OUTPUTS = ['last_hidden_state', 'token_embeddings'];

/** The output of graphs that pool and normalise by themselves, ours among them. */
const POOLED_OUTPUT = 'sentence_embedding';

/** What graphs may ask for, each made from the token ids and only when it is asked for. */
const INPUTS: Readonly<Record<string, (ids: BigInt64Array) => BigInt64Array>> = {
  input_ids: (ids) => ids,
  attention_mask: (ids) => new BigInt64Array(ids.length).fill(1n),
  token_type_ids: (ids) => new BigInt64Array(ids.length),
};

/** Opens the model's session. Every batch holds texts of one length, so the mask is all ones and nothing is padded. */
export async function openBatchRunner({
  onnxPath,
  pooling,
  normalized,
  dims,
  threads,
}: SessionSpec): Promise<{ run: RunBatch; close: () => Promise<void> }> {
  const session = await openSession(onnxPath, { threads });
  const tokenOutput = TOKEN_OUTPUTS.find((name) => session.outputs.includes(name));
  const output = tokenOutput ?? (session.outputs.includes(POOLED_OUTPUT) ? POOLED_OUTPUT : undefined);
  if (!output) {
    throw new CliError(`Cannot use ${onnxPath}: its outputs are ${session.outputs.join(', ')}, none of them token vectors`, {
      hint: `Export the model so that it returns ${TOKEN_OUTPUTS.join(' or ')}`,
    });
  }
  const known = Object.keys(INPUTS);
  const unknown = session.inputs.filter((name) => !known.includes(name));
  if (unknown.length > 0 || !session.inputs.includes('input_ids')) {
    throw new CliError(`Cannot use ${onnxPath}: its inputs are ${session.inputs.join(', ')}, where embed can give ${known.join(', ')}`, {
      hint: 'Export the model for feature extraction, without past states and position ids',
    });
  }
  const run: RunBatch = async (ids, rows, tokens) => {
    const shape = [rows, tokens];
    const feeds = Object.fromEntries(session.inputs.map((name) => [name, { data: INPUTS[name]!(ids), shape }]));
    const result = await session.run(feeds, [output]).then(
      (results) => results.get(output)!,
      (cause: Error) => {
        throw new CliError(`Cannot run the model ${onnxPath} on ${rows} × ${tokens} tokens: ${cause.message.split('\n')[0]}`, {
          hint: 'Its tokenizer.json or its length limit may belong to another model; copy the whole folder again',
          cause,
        });
      },
    );
    const found = result.shape.at(-1);
    if (found !== dims) {
      throw new CliError(`Cannot use ${onnxPath}: its vectors have ${found} dimensions where the model's configuration says ${dims}`, {
        hint: 'The ONNX file belongs to another model, or its Pooling config does',
      });
    }
    const values = result.data as Float32Array;
    return tokenOutput ? pool(values, { rows, tokens, dims, pooling, normalized }) : values;
  };
  return { run, close: () => session.close() };
}

type PoolShape = { rows: number; tokens: number; dims: number; pooling: Pooling; normalized: boolean };

/** Token vectors [rows, tokens, dims] to text vectors [rows, dims]. */
function pool(hidden: Float32Array, { rows, tokens, dims, pooling, normalized }: PoolShape): Float32Array {
  const vectors = new Float32Array(rows * dims);
  const sum = new Float64Array(dims);
  for (let row = 0; row < rows; row++) {
    sum.fill(0);
    const used = pooling === 'cls' ? 1 : tokens;
    for (let token = 0; token < used; token++) {
      const base = (row * tokens + token) * dims;
      for (let d = 0; d < dims; d++) sum[d]! += hidden[base + d]!;
    }
    let norm = used;
    if (normalized) {
      norm = 0;
      for (const value of sum) norm += value * value;
      norm = Math.sqrt(norm) || 1;
    }
    for (let d = 0; d < dims; d++) vectors[row * dims + d] = sum[d]! / norm;
  }
  return vectors;
}
