import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encoderGraph } from '../../scripts/encoder-graph.ts';
import { openSession } from '../../src/engine/runtime.ts';
import { readBert } from '../../src/model/transformer/bert.ts';
import type { BertConfig } from '../../src/model/transformer/families.ts';
import { rowOf } from '../../src/vectors/matrix.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { readSafetensors } from '../../src/vectors/safetensors.ts';
import { inFreshFolder, projectFolder } from '../run.ts';

function file(header: object, data: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

describe('readSafetensors', () => {
  const two = new Uint8Array(Float32Array.from([1.5, -2]).buffer);

  it('reads float32 tensors by name', () => {
    inFreshFolder();
    writeFileSync('w', file({ __metadata__: { a: 'b' }, x: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] } }, two));
    expect([...readSafetensors('w')]).toEqual([['x', { shape: [1, 2], data: Float32Array.from([1.5, -2]) }]]);
  });

  it('reads half, brain and double precision as float32', () => {
    inFreshFolder();
    const halves = new Uint8Array(Uint16Array.of(0x3e00, 0xc000, 0x3fc0, 0xc000).buffer);
    const doubles = new Uint8Array(Float64Array.of(1.5, -2).buffer);
    writeFileSync(
      'w',
      file(
        {
          half: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
          brain: { dtype: 'BF16', shape: [2], data_offsets: [4, 8] },
          double: { dtype: 'F64', shape: [2], data_offsets: [8, 24] },
          ids: { dtype: 'I64', shape: [0], data_offsets: [24, 24] },
        },
        Buffer.concat([halves, doubles]),
      ),
    );
    expect([...readSafetensors('w')].map(([name, { data }]) => [name, [...data]])).toEqual([
      ['half', [1.5, -2]],
      ['brain', [1.5, -2]],
      ['double', [1.5, -2]],
    ]);
  });

  it.each([
    ['a header beyond the end', Buffer.from([255, 0, 0, 0, 0, 0, 0, 0, 1]), /the header reaches beyond the end of the file/],
    ['no header', Buffer.from([1]), /the header reaches beyond/],
    ['data cut short', file({ x: { dtype: 'F32', shape: [3], data_offsets: [0, 12] } }, two), /Cannot read tensor "x"/],
    ['a header that is not JSON', Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{]')]), /its header is not JSON/],
    [
      'tensors that overlap',
      file({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, y: { dtype: 'F32', shape: [1], data_offsets: [2, 6] } }, two),
      /"y" shares bytes with another tensor/,
    ],
    ['offsets that are none', file({ x: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, two), /entry "x" is not a tensor/],
    ['an entry that is nothing', file({ x: null }, two), /entry "x" is not a tensor/],
    ['a shape of another size', file({ x: { dtype: 'F32', shape: [5], data_offsets: [0, 8] } }, two), /its bytes do not fit its shape/],
  ])('with %s is an error', (_, bytes, message) => {
    inFreshFolder();
    writeFileSync('w', bytes);
    expect(() => readSafetensors('w')).toThrow(message);
  });
});

const golden = join(projectFolder, '../shared/golden/models/bert-mean-norm');

describe.skipIf(!existsSync(golden))('the graph built from weights', () => {
  it('gives the reference vectors of a random BERT to 2e-5', async () => {
    const config = JSON.parse(readFileSync(join(golden, 'config.json'), 'utf8')) as BertConfig;
    const session = await openSession(encoderGraph(readBert(readSafetensors(join(golden, 'model.safetensors')), config)));
    const expected = readNpy(join(golden, 'golden.npy'));
    let worst = 0;
    const rows = readFileSync(join(golden, 'golden.jsonl'), 'utf8').trimEnd().split('\n');
    for (const [index, line] of rows.entries()) {
      const { input_ids } = JSON.parse(line) as { input_ids: number[] };
      const result = await session.run({ input_ids: { data: BigInt64Array.from(input_ids, BigInt), shape: [1, input_ids.length] } });
      const vector = result.get('sentence_embedding')!.data as Float32Array;
      vector.forEach((value, d) => (worst = Math.max(worst, Math.abs(value - rowOf(expected, index)[d]!))));
    }
    await session.close();
    expect(worst).toBeLessThanOrEqual(2e-5);
  });
});

if (!existsSync(golden)) console.warn('skipped: ../shared/golden/models is absent, the graph built from weights is not compared');
