import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHead, dimsOf, isNormalized, type Head, type PoolingMode } from '../../src/model/head.ts';

/** Three tokens of two numbers. */
const TOKENS = Float32Array.of(1, 2, 3, 4, 5, 0);

const head = (pooling: readonly PoolingMode[], steps: Head['steps'] = []): Head => ({ pooling, hidden: 2, steps });

const pooled = (mode: PoolingMode, skip = 0): number[] => [...applyHead(head([mode]), TOKENS, { rows: 1, tokens: 3, skip })];

describe('applyHead', () => {
  it.each([
    ['cls', [1, 2], [3, 4]],
    ['lasttoken', [5, 0], [5, 0]],
    ['max', [5, 4], [5, 4]],
    ['mean', [3, 2], [4, 2]],
    ['mean_sqrt_len_tokens', [9 / Math.sqrt(3), 6 / Math.sqrt(3)], [8 / Math.sqrt(2), 4 / Math.sqrt(2)]],
    ['weightedmean', [(1 + 6 + 15) / 6, (2 + 8) / 6], [(6 + 15) / 5, 8 / 5]],
  ] as const)('pools by %s, with and without the first token', (mode, all, rest) => {
    expect(pooled(mode)).toEqual(all.map(Math.fround));
    expect(pooled(mode, 1)).toEqual(rest.map(Math.fround));
  });

  it('gives zeros where no token counts, as the reference does', () => {
    expect(pooled('mean', 3)).toEqual([0, 0]);
    expect(pooled('mean', 7)).toEqual([0, 0]);
    expect(pooled('max', 3)).toEqual([-1e9, -1e9].map(Math.fround));
    expect(pooled('lasttoken', 3)).toEqual([0, 0]);
    // but there is always a first one
    expect(pooled('cls', 3)).toEqual([1, 2]);
  });

  it('puts modes side by side in their order', () => {
    const both = head(['max', 'cls']);
    expect([...applyHead(both, TOKENS, { rows: 1, tokens: 3, skip: 0 })]).toEqual([5, 4, 1, 2]);
    expect(dimsOf(both)).toBe(4);
  });

  it('applies Dense, LayerNorm, Normalize and a cut in order', () => {
    const dense = {
      kind: 'dense',
      inputs: 2,
      outputs: 3,
      weight: Float32Array.of(1, 0, 0, 1, 1, 1),
      bias: Float32Array.of(0, 1, -9),
      activation: 'ReLU',
    } as const;
    const steps: Head['steps'] = [dense, { kind: 'normalize' }, { kind: 'cut', dims: 2 }];
    const whole = head(['cls'], steps);
    const norm = Math.hypot(1, 3, 0);
    expect([...applyHead(whole, TOKENS, { rows: 1, tokens: 3, skip: 0 })]).toEqual([1 / norm, 3 / norm].map(Math.fround));
    expect([dimsOf(whole), isNormalized(whole), isNormalized(head(['cls'], steps.slice(0, 2)))]).toEqual([2, false, true]);
    const normed = head(['cls'], [{ kind: 'layernorm', weight: Float32Array.of(2, 2), bias: Float32Array.of(0, 1), epsilon: 0 }]);
    expect([...applyHead(normed, TOKENS, { rows: 1, tokens: 3, skip: 0 })]).toEqual([-2, 3]);
  });

  it.each([
    ['Identity', -0.5, -0.5],
    ['Tanh', -0.5, Math.tanh(-0.5)],
    ['ReLU', -0.5, 0],
    // torch.nn.functional.gelu(torch.tensor(-0.5)), and of 1
    ['GELU', -0.5, -0.15426877],
    ['GELU', 1, 0.84134475],
    ['Sigmoid', -0.5, 1 / (1 + Math.exp(0.5))],
    ['SiLU', -0.5, -0.5 / (1 + Math.exp(0.5))],
    // torch.nn.ELU()(torch.tensor(-0.5)), and so on
    ['ELU', -0.5, -0.39346934],
    ['SELU', -0.5, -0.6917582],
    ['LeakyReLU', -0.5, -0.005],
    ['ReLU6', 7, 6],
    ['Hardtanh', -3, -1],
    ['Hardsigmoid', -0.5, 0.41666666],
    ['Hardswish', -0.5, -0.20833333],
    ['Softplus', -0.5, 0.474077],
    ['Softsign', -0.5, -0.33333334],
    ['LogSigmoid', -0.5, -0.974077],
    ['Mish', -0.5, -0.2207437],
  ] as const)('has the activation %s', (activation, x, y) => {
    const dense = { kind: 'dense', inputs: 2, outputs: 1, weight: Float32Array.of(x, 0), bias: undefined, activation } as const;
    expect(applyHead(head(['cls'], [dense]), TOKENS, { rows: 1, tokens: 3, skip: 0 })[0]).toBeCloseTo(y, 6);
  });

  it('adds the input of a Dense module to its result, as it is or multiplied', () => {
    const dense = { kind: 'dense', inputs: 2, outputs: 2, bias: undefined, activation: 'Identity' } as const;
    const weight = Float32Array.of(1, 1, 0, 1);
    const apply = (residual: 'input' | Float32Array): number[] => [
      ...applyHead(head(['cls'], [{ ...dense, weight, residual }]), TOKENS, { rows: 1, tokens: 3, skip: 0 }),
    ];
    expect(apply('input')).toEqual([1 + 2 + 1, 2 + 2]);
    expect(apply(Float32Array.of(2, 0, 0, 3))).toEqual([1 + 2 + 2, 2 + 6]);
  });

  it('treats every row of a batch alone', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -8, max: 8 }), { minLength: 24, maxLength: 24 }), (values) => {
        const data = Float32Array.from(values);
        const one = head(['mean', 'max'], [{ kind: 'normalize' }]);
        const together = applyHead(one, data, { rows: 4, tokens: 3, skip: 0 });
        for (let row = 0; row < 4; row++) {
          expect(together.subarray(row * 4, row * 4 + 4)).toEqual(
            applyHead(one, data.slice(row * 6, row * 6 + 6), { rows: 1, tokens: 3, skip: 0 }),
          );
        }
      }),
    );
  });
});
