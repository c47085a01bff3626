import { createHash } from 'node:crypto';
import { EmbedError } from '../../errors.ts';
import type { Encoder, EncoderKind } from '../encoder.ts';
import type { Custom, CustomEncoder, Model } from '../model.ts';

/** An encoder that the caller of the library brings: an endpoint, another runtime, a model of their own. */
export const CUSTOM: EncoderKind<Custom> = {
  open: openCustomEncoder,
  fixedPooling: 'its vectors come from your own encoder',
  noProducts: 'its vectors come from your own encoder',
};

/** Rows per window: a call of the caller's encoder gets at most this many texts. */
const WINDOW_ROWS = 4096;

function openCustomEncoder({ dims, name }: Model, { runs }: { runs: Custom }): Encoder {
  return {
    window: { rows: WINDOW_ROWS, size: Infinity, sizeOf: () => 0 },
    async encode(texts, onBatch) {
      const data = Float32Array.from(await runs.encoder.encode(texts));
      if (data.length !== texts.length * dims) {
        throw new EmbedError(`Cannot use the vectors of ${name}: it gave ${data.length} values for ${texts.length} texts of ${dims} dims`, {
          hint: 'Return texts × dims values, row by row',
        });
      }
      const bad = data.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        throw new EmbedError(`Cannot use the vectors of ${name}: that of text ${Math.floor(bad / dims)} contains NaN or infinity`, {
          hint: 'Check what your encoder returns for it',
        });
      }
      onBatch?.(texts.length, 0);
      // how many tokens there were, only the caller's encoder knows
      const reads = texts.map(() => ({ bodyTokens: 0, lost: 0, lostExact: true, unknown: 0 }));
      return { vectors: { data, rows: texts.length, cols: dims }, reads };
    },
    close: () => Promise.resolve(),
  };
}

/** The model that stands for a caller's encoder in manifests: vectors of one name and dims can be compared. */
export function customModel(encoder: CustomEncoder): Model {
  const { name, dims } = encoder;
  return {
    name,
    folder: '',
    revision: null,
    runs: { kind: 'custom', encoder, why: 'the caller brought it' },
    precision: null,
    architecture: 'custom',
    hash: `sha256:${createHash('sha256')
      .update(JSON.stringify(['custom', name, dims]))
      .digest('hex')}`,
    dims,
    maxTokens: Infinity,
    head: { pooling: [], hidden: dims, steps: [] },
    pooling: 'custom',
    normalized: false,
    includePrompt: true,
    tokenizer: { json: {}, config: {} },
    build: {},
    prompts: {},
    documentPrompt: undefined,
    queryPrompt: undefined,
    defaultPrompt: undefined,
  };
}
