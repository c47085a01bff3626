import { Graph, MICROSOFT, type Attributes, type ExternalData } from '../../engine/graph.ts';
import type { Bert, Dense, DenseName, Int8Dense, Norm } from './bert.ts';

/** The input of the graphs below: token ids [batch, tokens]. All texts of a batch have the same length, so no mask. */
export const IDS = 'input_ids';

/**
 * The encoder as one ONNX graph without pooling: token ids [batch, tokens] → token vectors [batch, tokens, hidden]. An encoder that
 * is all float32 has a faster form (`float-graph.ts`).
 *
 * @param external takes the weights
 */
export function tokenGraph(bert: Bert<Dense | Int8Dense>, external?: ExternalData): Uint8Array {
  const graph = new Graph('bert-tokens', { external });
  graph.op('Identity', [addBert(graph, bert)], {}, { as: 'last_hidden_state' });
  graph.output({ name: 'last_hidden_state', type: 'float32', shape: ['batch', 'tokens', bert.shape.hidden] });
  return graph.toBytes();
}

/** The embeddings: token ids [batch, tokens] → hidden states [batch, tokens, hidden] before the first layer. */
export function embeddingGraph(bert: Bert): Uint8Array {
  const graph = new Graph('bert-embeddings');
  addHidden(graph, bert, addBert(graph, bert, { only: 'embeddings' }));
  return graph.toBytes();
}

/** One float32 layer: hidden states → hidden states, and with `taps` the inputs of its dense layers, [batch · tokens, inputs] each. */
export function layerGraph(bert: Bert, index: number, { taps }: { taps: boolean }): Uint8Array {
  const graph = new Graph('bert-layer');
  const tap = (dense: DenseName, value: string): void => {
    graph.op('Flatten', [value], { axis: 2 }, { as: dense });
    graph.output({ name: dense, type: 'float32', shape: ['rows', bert.layers[index]![dense].inputs] });
  };
  addHidden(graph, bert, addBert(graph, bert, { only: index, ...(taps ? { tap } : {}) }));
  return graph.toBytes();
}

/** Declares hidden states as the output `hidden` of a graph. */
function addHidden(graph: Graph, bert: Bert, value: string): void {
  graph.op('Identity', [value], {}, { as: 'hidden' });
  graph.output({ name: 'hidden', type: 'float32', shape: ['batch', 'tokens', bert.shape.hidden] });
}

/** `only` names the part of the encoder that a graph holds, if not the whole; `tap` is called with the inputs of dense layers. */
type Piece = { only?: 'embeddings' | number; tap?: (dense: DenseName, value: string) => void };

/** Adds embeddings and layers, in float32 or int8 as given. Returns the name of the last hidden states [batch, tokens, hidden]. */
export function addBert(graph: Graph, bert: Bert<Dense | Int8Dense>, { only, tap = () => {} }: Piece = {}): string {
  const { shape, embeddingNorm, layers, activation, mapping, relative } = bert;
  const { hidden, heads, positions, epsilon } = shape;
  const norm = (name: string, { weight, bias }: Norm, x: string): string =>
    // Add + LayerNormalization: the fused SkipLayerNormalization is five times slower on CPUs
    graph.op('LayerNormalization', [x, floats(graph, `${name}.w`, weight), floats(graph, `${name}.b`, bias)], {
      epsilon: { float: epsilon },
      axis: -1,
    });

  const embed = (ids: string): string => {
    const normed = norm('embeddings', embeddingNorm, addEmbedded(graph, bert, ids));
    return mapping ? addDense(graph, 'mapping', mapping, normed) : normed;
  };
  const from =
    typeof only === 'number'
      ? graph.input({ name: 'before', type: 'float32', shape: ['batch', 'tokens', hidden] })
      : graph.input({ name: IDS, type: 'int64', shape: ['batch', 'tokens'] });
  let x = typeof only === 'number' ? from : embed(from);
  if (only === 'embeddings') return x;
  const distances = relative && distanceBias(graph, relative, { of: from, heads, positions });

  layers.forEach((layer, at) => {
    if (typeof only === 'number' && at !== only) return;
    // a layer that runs more than once is stored once
    const index = layers.findIndex((other) => other.qkv === layer.qkv);
    const apply = (dense: DenseName, input: string): string => {
      tap(dense, input);
      return addDense(graph, `${index}.${dense}`, layer[dense], input);
    };
    const [q, k, v] = graph.ops('Split', [apply('qkv', x)], 3, { axis: -1, num_outputs: 3 });
    const attended = graph.op(
      'MultiHeadAttention',
      [q!, k!, v!, ...(distances ? ['', '', distances] : [])],
      { num_heads: heads },
      { domain: MICROSOFT },
    );
    x = norm(`${index}.attention`, layer.attentionNorm, graph.op('Add', [apply('out', attended), x]));

    tap('up', x);
    let y = apply('down', addActivated(graph, `${index}.up`, layer.up, { x, activation }));
    if (layer.hot) {
      const up = addActivation(graph, activation, addDense(graph, `${index}.hot.up`, layer.hot.up, x));
      const down = graph.op('MatMul', [up, floats(graph, `${index}.hot.down.w`, layer.hot.down.w, [layer.hot.down.inputs, hidden])]);
      y = graph.op('Add', [y, down]);
    }
    x = norm(`${index}.output`, layer.outputNorm, graph.op('Add', [y, x]));
  });
  return x;
}

/** Words and places of token ids, added up, before the norm: [batch, tokens, embedding]. */
export function addEmbedded(graph: Graph, { shape, words, places, layers }: Bert<Dense | Int8Dense>, ids: string): string {
  const { vocabulary, embedding, positions, padding } = shape;
  const onIntegers = layers.some((layer) => 'q' in layer.qkv);
  const embedded = onIntegers
    ? gatherInt8(graph, words, { vocabulary, embedding }, ids)
    : graph.op('Gather', [floats(graph, 'words', words, [vocabulary, embedding]), ids]);
  const table = floats(graph, 'places', places, [positions, embedding]);
  const placed = padding === undefined ? fromStart(graph, table, ids) : countedPlaces(graph, table, { ids, padding });
  return graph.op('Add', [embedded, placed]);
}

/** Places 0, 1, 2, …: one for each token. */
function fromStart(graph: Graph, table: string, ids: string): string {
  const length = graph.op('Shape', [ids], { start: 1, end: 2 });
  const zero = graph.constant('zero', { shape: [1], data: new BigInt64Array([0n]) });
  return graph.op('Slice', [table, zero, length, zero]);
}

/** Places that count the tokens other than padding, from the one after it; padding that is written out in a text has its own. */
function countedPlaces(graph: Graph, table: string, { ids, padding }: { ids: string; padding: number }): string {
  const pad = graph.constant('padding', { shape: [], data: BigInt64Array.of(BigInt(padding)) });
  const counts = graph.op('Cast', [graph.op('Not', [graph.op('Equal', [ids, pad])])], { to: 7 });
  const running = graph.op('CumSum', [counts, graph.constant('one', { shape: [], data: BigInt64Array.of(1n) })]);
  return graph.op('Gather', [table, graph.op('Add', [graph.op('Mul', [running, counts]), pad])]);
}

/** The bias of attention for the distances between all tokens of `of` [batch, tokens, …]: [1, heads, tokens, tokens]. */
export function distanceBias(
  graph: Graph,
  relative: Float32Array,
  { of, heads, positions }: { of: string; heads: number; positions: number },
): string {
  const whole = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): string =>
    graph.constant(name, { shape, data: BigInt64Array.from(values, BigInt) });
  const tokens = graph.op('Squeeze', [graph.op('Shape', [of], { start: 1, end: 2 })]);
  const range = graph.op('Range', [whole('distance.first', [0], []), tokens, whole('distance.step', [1], [])]);
  const keys = graph.op('Add', [range, whole('distance.middle', [positions - 1])]);
  const between = graph.op('Sub', [keys, graph.op('Unsqueeze', [range, whole('distance.column', [1])])]);
  const biases = graph.op('Gather', [floats(graph, 'relative', relative, [heads, 2 * positions - 1]), between], { axis: 1 });
  return graph.op('Unsqueeze', [biases, whole('distance.batch', [0])]);
}

/** A dense layer and its activation. For GELU in float32, one operator adds the bias without another pass over memory. */
function addActivated(
  graph: Graph,
  name: string,
  layer: Dense | Int8Dense,
  { x, activation }: { x: string; activation: Bert['activation'] },
): string {
  if (activation === 'gelu' && !('q' in layer)) {
    const product = graph.op('MatMul', [x, floats(graph, `${name}.w`, layer.w, [layer.inputs, layer.outputs])]);
    return graph.op('BiasGelu', [product, floats(graph, `${name}.b`, layer.bias)], {}, { domain: MICROSOFT });
  }
  return addActivation(graph, activation, addDense(graph, name, layer, x));
}

export function addActivation(graph: Graph, activation: Bert['activation'], x: string): string {
  const { kind, attributes, ...domain } = ACTIVATE[activation];
  return graph.op(kind, [x], attributes, domain);
}

const ACTIVATE: Readonly<Record<Bert['activation'], { kind: string; attributes?: Attributes; domain?: string }>> = {
  gelu: { kind: 'Gelu', domain: MICROSOFT },
  gelu_new: { kind: 'FastGelu', domain: MICROSOFT },
  quick_gelu: { kind: 'QuickGelu', attributes: { alpha: { float: 1.702 } }, domain: MICROSOFT },
  // the same with another factor: x / (1 + exp(−x))
  silu: { kind: 'QuickGelu', attributes: { alpha: { float: 1 } }, domain: MICROSOFT },
  relu: { kind: 'Relu' },
  tanh: { kind: 'Tanh' },
};

function addDense(graph: Graph, name: string, layer: Dense | Int8Dense, x: string): string {
  const bias = floats(graph, `${name}.b`, layer.bias);
  if ('w' in layer)
    return graph.op('Add', [graph.op('MatMul', [x, floats(graph, `${name}.w`, layer.w, [layer.inputs, layer.outputs])]), bias]);
  const scale = graph.constant(`${name}.x.scale`, { shape: [], data: new Float32Array([layer.input.scale]) });
  const zeroPoint = graph.constant(`${name}.x.zero`, { shape: [], data: new Uint8Array([layer.input.zeroPoint]) });
  const smooth = layer.smoothing ? graph.op('Mul', [x, floats(graph, `${name}.smoothing`, layer.smoothing)]) : x;
  return graph.op(
    'MatMulIntegerToFloat',
    [
      graph.op('QuantizeLinear', [smooth, scale, zeroPoint]),
      graph.constant(`${name}.q`, { shape: [layer.inputs, layer.outputs], data: layer.q }),
      scale,
      floats(graph, `${name}.q.scale`, layer.scale),
      zeroPoint,
      graph.constant(`${name}.q.zero`, { shape: [layer.outputs], data: new Int8Array(layer.outputs) }),
      bias,
    ],
    {},
    { domain: MICROSOFT },
  );
}

/** The word table as int8 with one scale per row: a quarter of the size. A lookup multiplies the row by its scale. */
function gatherInt8(
  graph: Graph,
  words: Float32Array,
  { vocabulary, embedding }: { vocabulary: number; embedding: number },
  ids: string,
): string {
  const q = new Int8Array(words.length);
  const scales = new Float32Array(vocabulary);
  for (let row = 0; row < vocabulary; row++) {
    const values = words.subarray(row * embedding, (row + 1) * embedding);
    const scale = Math.fround(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127) || 1;
    scales[row] = scale;
    for (let d = 0; d < embedding; d++) q[row * embedding + d] = Math.round(values[d]! / scale);
  }
  const rows = graph.op('Gather', [graph.constant('words', { shape: [vocabulary, embedding], data: q }), ids]);
  const factors = graph.op('Gather', [floats(graph, 'words.scale', scales, [vocabulary, 1]), ids]);
  return graph.op('Mul', [graph.op('Cast', [rows], { to: 1 }), factors]);
}

export function floats(graph: Graph, name: string, data: Float32Array, shape: readonly number[] = [data.length]): string {
  return graph.constant(name, { shape, data });
}
