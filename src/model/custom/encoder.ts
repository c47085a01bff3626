import { createHash } from 'node:crypto';
import { EmbedError } from '../../errors.ts';
import type { Encoder, EncoderKind } from '../encoder.ts';
import { withKnown } from '../known.ts';
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
    async encode(texts, onBatch, known) {
      const vectors = await withKnown(texts, { dims, known }, async (places) => {
        const asked = places.map((place) => texts[place]!);
        const data = Float32Array.from(await runs.encoder.encode(asked));
        assertVectors(data, { texts: asked.length, dims, name });
        return { data, rows: asked.length, cols: dims };
      });
      onBatch?.(texts.length, 0);
      // how many tokens there were, only the caller's encoder knows
      const reads = texts.map(() => ({ bodyTokens: 0, lost: 0, lostExact: true, unknown: 0 }));
      return { vectors, reads };
    },
    close: () => Promise.resolve(),
  };
}

function assertVectors(data: Float32Array, { texts, dims, name }: { texts: number; dims: number; name: string }): void {
  if (data.length !== texts * dims) {
    throw new EmbedError(`Cannot use the vectors of ${name}: it gave ${data.length} values for ${texts} texts of ${dims} dims`, {
      hint: 'Return texts × dims values, row by row',
    });
  }
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new EmbedError(`Cannot use the vectors of ${name}: that of text ${Math.floor(bad / dims)} contains NaN or infinity`, {
      hint: 'Check what your encoder returns for it',
    });
  }
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
