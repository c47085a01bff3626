import { openSession } from '../../engine/runtime.ts';
import { EmbedError } from '../../errors.ts';
import { applyHead, dimsOf, type Head } from '../head.ts';
import { POOLED_OUTPUT, TOKEN_OUTPUTS } from './onnx-file.ts';

/** The settings of a worker that runs batches of one model. */
export type SessionSpec = {
  onnxPath: string;
  head: Head;
  dims: number;
  /** Tokens at the beginning that do not count in pooling: those of a prompt, if the model leaves it out. */
  skip: number;
  /** Whether --pooling replaces the model's own pooling. */
  repooled: boolean;
  threads: number;
  /** Every batch has one text. */
  alone: boolean;
};

/** Runs `rows` texts of `tokens` tokens each; returns their vectors, [rows, dims] in C order. */
export type RunBatch = (ids: BigInt64Array, rows: number, tokens: number) => Promise<Float32Array>;

/** The inputs that graphs may have. Each is made from the token ids, and only if the graph has it. */
const INPUTS: Readonly<Record<string, (ids: BigInt64Array) => BigInt64Array>> = {
  input_ids: (ids) => ids,
  attention_mask: (ids) => new BigInt64Array(ids.length).fill(1n),
  token_type_ids: (ids) => new BigInt64Array(ids.length),
};

/** Some exporters ask for ids in 32 bits. */
function typed(ids: BigInt64Array, type: string | undefined): BigInt64Array | Int32Array {
  return type === 'int32' ? Int32Array.from(ids, Number) : ids;
}

/** Opens the model's session. Every batch holds texts of one length, so the mask is all ones and nothing is padded. Throws an EmbedError if the graph does not fit. */
export async function openBatchRunner({
  onnxPath,
  head,
  dims,
  skip,
  repooled,
  threads,
  alone,
}: SessionSpec): Promise<{ run: RunBatch; close: () => Promise<void> }> {
  const session = await openSession(onnxPath, { threads });
  const tokenOutput = TOKEN_OUTPUTS.find((name) => session.outputs.includes(name));
  const output = tokenOutput ?? (session.outputs.includes(POOLED_OUTPUT) ? POOLED_OUTPUT : undefined);
  if (!output) {
    throw new EmbedError(`Cannot use ${onnxPath}: its outputs are ${session.outputs.join(', ')}, none of them token vectors`, {
      hint: `Export the model so that it returns ${TOKEN_OUTPUTS.join(' or ')}`,
    });
  }
  if (!tokenOutput && (repooled || skip > 0)) {
    throw new EmbedError(
      `Cannot use ${onnxPath} like this: it pools its tokens itself, ${skip > 0 ? 'including those of the prompt' : 'with its own mode'}`,
      {
        hint: skip > 0 ? 'Leave the prompt out' : 'Leave --pooling out',
      },
    );
  }
  const known = Object.keys(INPUTS);
  const unknown = session.inputs.filter((name) => !known.includes(name));
  if (unknown.length > 0 || !session.inputs.includes('input_ids')) {
    throw new EmbedError(`Cannot use ${onnxPath}: its inputs are ${session.inputs.join(', ')}, but embed can give ${known.join(', ')}`, {
      hint: 'Export the model for feature extraction, without past states and position ids',
    });
  }
  const run: RunBatch = async (given, asked, tokens) => {
    // a graph that pools adds up in another order where it has one row: as two rows, a text has the same vector alone and in company
    const doubled = !tokenOutput && asked === 1 && !alone;
    const rows = doubled ? 2 : asked;
    const ids = doubled ? BigInt64Array.of(...given, ...given) : given;
    const shape = [rows, tokens];
    const feeds = Object.fromEntries(
      session.inputs.map((name) => [name, { data: typed(INPUTS[name]!(ids), session.inputTypes.get(name)), shape }]),
    );
    const result = await session.run(feeds, [output]).then(
      (results) => results.get(output)!,
      (cause: Error) => {
        throw new EmbedError(`Cannot run the model ${onnxPath} on ${rows} × ${tokens} tokens: ${cause.message.split('\n')[0]}`, {
          hint: 'Its tokenizer.json or its length limit may belong to another model; copy the whole folder again',
          cause,
        });
      },
    );
    const found = result.shape.at(-1)!;
    const wanted = tokenOutput ? head.hidden : dimsOf({ ...head, steps: head.steps.filter(({ kind }) => kind !== 'cut') });
    if (found !== wanted) {
      throw new EmbedError(`Cannot use ${onnxPath}: its vectors have ${found} dimensions where the model's configuration says ${wanted}`, {
        hint: 'The ONNX file belongs to another model, or its Pooling config does',
      });
    }
    const values = result.data instanceof Float64Array ? Float32Array.from(result.data) : result.data;
    if (!(values instanceof Float32Array)) {
      throw new EmbedError(`Cannot use ${onnxPath}: its output ${output} does not hold floats`, {
        hint: 'Export the model for feature extraction',
      });
    }
    if (tokenOutput) return applyHead(head, values, { rows, tokens, skip });
    return dims === found
      ? values.slice(0, asked * dims)
      : Float32Array.from({ length: asked * dims }, (_, at) => values[Math.floor(at / dims) * found + (at % dims)]!);
  };
  return { run, close: () => session.close() };
}
