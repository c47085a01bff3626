import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/engine/graph.ts';
import { concat, floatField, intField, bytesField } from '../../src/engine/protobuf.ts';
import { openSession } from '../../src/engine/runtime.ts';

describe('protobuf', () => {
  it('writes the examples of its specification', () => {
    expect([...concat(intField(1, 150))]).toEqual([0x08, 0x96, 0x01]);
    expect([...concat(bytesField(2, 'testing'))]).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
    expect([...concat(bytesField(3, intField(1, 150)))]).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
    expect([...concat(intField(1, -2))]).toEqual([0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect([...concat(floatField(1, 1))]).toEqual([0x0d, 0, 0, 0x80, 0x3f]);
  });
});

describe('Graph', () => {
  it('runs in ONNX Runtime as it was written', async () => {
    const graph = new Graph('affine');
    graph.input({ name: 'x', type: 'float32', shape: ['rows', 2] });
    const w = graph.constant('w', { shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) });
    const [left, right] = graph.ops(
      'Split',
      [graph.op('MatMul', ['x', w]), graph.constant('sizes', { shape: [2], data: BigInt64Array.from([1n, 2n]) })],
      2,
      { axis: 1 },
    );
    graph.op('Concat', [right!, left!], { axis: 1 }, { as: 'y' });
    graph.output({ name: 'y', type: 'float32', shape: ['rows', 3] });
    const session = await openSession(graph.toBytes());
    const result = await session.run({ x: { data: Float32Array.from([1, 1, 2, 0]), shape: [2, 2] } });
    await session.close();
    expect([...result.get('y')!.data]).toEqual([7, 9, 5, 4, 6, 2]);
    expect(result.get('y')!.shape).toEqual([2, 3]);
  });

  it('that is damaged is an error that says so', async () => {
    await expect(openSession(Uint8Array.from([1, 2, 3]))).rejects.toThrow(/Cannot load the ONNX model a graph in memory/);
  });
});
