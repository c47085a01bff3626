import { closeSync, fstatSync } from 'node:fs';
import { takeRegularFile } from '../../files/regular-file.ts';
import { BYTES, openWireReader, tagOf, VARINT, type WireReader } from './wire-format.ts';

/** The facts of an ONNX file that can be read without ONNX Runtime. */
export type OnnxFile = {
  /** Names of the files beside it that hold its values (TensorProto.external_data), sorted. */
  external: readonly string[];
  /** Names of its operators, those of subgraphs and functions included. */
  operators: ReadonlySet<string>;
  inputs: readonly OnnxPort[];
  outputs: readonly OnnxPort[];
};

/** An input or output; a size that differs between runs is undefined. */
export type OnnxPort = { name: string; shape: readonly (number | undefined)[] };

/** Names under which exporters publish token vectors. */
export const TOKEN_OUTPUTS: readonly string[] = ['last_hidden_state', 'token_embeddings'];

/** The output of graphs that pool and normalise by themselves, ours among them. */
export const POOLED_OUTPUT = 'sentence_embedding';

/** Whether a graph pools by itself: it gives the vectors of texts, and none of tokens. */
export function poolsItself({ outputs }: OnnxFile): boolean {
  const names = outputs.map(({ name }) => name);
  return names.includes(POOLED_OUTPUT) && !TOKEN_OUTPUTS.some((name) => names.includes(name));
}

/**
 * The messages of ONNX (onnx.proto) that are read: the fields of each by number, and the kind of message in them. Only the graph of the
 * model has ports; a tensor names its file in entries of a key and a value, in either order.
 */
const MESSAGES = {
  model: { 7: 'main', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  main: { 1: 'node', 5: 'tensor', 11: 'input', 12: 'output', 15: 'sparse' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'entry' },
  entry: {},
  input: { 2: 'type' },
  output: { 2: 'type' },
  type: { 1: 'tensorType' },
  tensorType: { 2: 'shape' },
  shape: { 1: 'dim' },
  dim: {},
} as const satisfies Record<string, Record<number, string>>;
type Kind = keyof typeof MESSAGES;

/** The fields that hold text: the type of a node, the name of a port, the key and value of an entry. */
const TEXTS: Readonly<Partial<Record<Kind, readonly number[]>>> = { node: [4], input: [1], output: [1], entry: [1, 2] };

/** The limit of protobuf itself. */
const MAX_DEPTH = 100;

/** Values are passed over, so the time depends on the number of nodes, not on the length of the file. What is damaged ends the reading: ONNX Runtime refuses such a file as a whole. */
export function readOnnxFile(path: string): OnnxFile {
  const descriptor = takeRegularFile(path);
  try {
    const found: Found = { external: new Set(), operators: new Set(), inputs: [], outputs: [] };
    walk('model', { reader: openWireReader(descriptor), from: 0, to: fstatSync(descriptor).size, found, depth: 0 });
    return { ...found, external: [...found.external].toSorted() };
  } finally {
    closeSync(descriptor);
  }
}

type Found = { external: Set<string>; operators: Set<string>; inputs: Port[]; outputs: Port[]; port?: Port };
type Port = { name: string; shape: (number | undefined)[] };
type Place = { reader: WireReader; from: number; to: number; found: Found; depth: number };

/** Reads one message. Returns false where it is damaged. */
function walk(kind: Kind, { reader, from, to, found, depth }: Place): boolean {
  if (depth > MAX_DEPTH) return false;
  enter(kind, found);
  const fields: Readonly<Record<number, Kind>> = MESSAGES[kind];
  const texts = new Map<number, string>();
  for (let at = from; at < to;) {
    const tag = reader.varint(at, to);
    if (tag === undefined) return false;
    const { value: number, next } = tag;
    const { field, type } = tagOf(number);
    const end = reader.end(next, { type, field, to });
    if (end === undefined) return false;
    if (type === BYTES) {
      const { next: start } = reader.varint(next, to)!;
      const inner = fields[field];
      if (inner !== undefined && !walk(inner, { reader, from: start, to: end, found, depth: depth + 1 })) return false;
      if (TEXTS[kind]?.includes(field)) texts.set(field, reader.text(start, end));
    } else if (kind === 'dim' && type === VARINT && field === 1) {
      found.port!.shape[found.port!.shape.length - 1] = sizeOf(reader.varint(next, to)!.value);
    }
    at = end;
  }
  leave(kind, texts, found);
  return true;
}

/** Begins a port, its shape or a size of it. */
function enter(kind: Kind, found: Found): void {
  if (kind === 'input' || kind === 'output') {
    found.port = { name: '', shape: [] };
    found[`${kind}s`].push(found.port);
  }
  if (kind === 'dim') found.port!.shape.push(undefined);
}

function leave(kind: Kind, texts: ReadonlyMap<number, string>, found: Found): void {
  if (kind === 'node') found.operators.add(texts.get(4) ?? '');
  if (kind === 'input' || kind === 'output') found.port!.name = texts.get(1) ?? '';
  if (kind === 'entry' && texts.get(1) === 'location') found.external.add(texts.get(2) ?? '');
}

/** Some exporters write 0 or −1 for a size that is open. */
function sizeOf(value: number): number | undefined {
  return value > 0 && value < 2 ** 31 ? value : undefined;
}
