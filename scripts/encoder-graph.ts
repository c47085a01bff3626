import { Graph } from '../src/engine/graph.ts';
import { addBert } from '../src/model/transformer/bert-graph.ts';
import type { Bert, Dense, Int8Dense } from '../src/model/transformer/bert.ts';

/**
 * The encoder of models/minilm as one ONNX graph: token ids [batch, tokens] → unit vectors [batch, hidden], mean-pooled.
 * Dense layers run in float32 or on integers, each as it is given.
 */
export function encoderGraph(bert: Bert<Dense | Int8Dense>): Uint8Array {
  const graph = new Graph('bert');
  const hidden = addBert(graph, bert);
  const axes = graph.constant('axis1', { shape: [1], data: new BigInt64Array([1n]) });
  const mean = graph.op('ReduceMean', [hidden, axes], { keepdims: 0 });
  graph.op('LpNormalization', [mean], { axis: -1, p: 2 }, { as: 'sentence_embedding' });
  graph.output({ name: 'sentence_embedding', type: 'float32', shape: ['batch', bert.shape.hidden] });
  return graph.toBytes();
}
