import { bytesField, concat, floatField, intField, type Message } from './protobuf.ts';

/**
 * Writes ONNX graphs node by node. Field numbers and type codes: onnx.proto3 of ONNX 1.16 (IR version 9).
 */

/** A constant of a graph, with its values in C order. */
export type ConstantTensor = {
  shape: readonly number[];
  data: Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
};

export type ElementType = 'float32' | 'float64' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

/** A node's attributes. A plain number is written as an int attribute; `{ float: 1 }` is written as a float attribute. */
export type Attributes = Record<string, number | { float: number } | string | readonly number[]>;

/** An input or output. A name in `shape` stands for a dimension whose size may differ between runs. */
export type Port = { name: string; type: ElementType; shape: readonly (number | string)[] };

/** ONNX Runtime's own operators (`MatMulIntegerToFloat`, `MultiHeadAttention`, …). */
export const MICROSOFT = 'com.microsoft';

const ELEMENT_CODE: Record<ElementType, number> = { float32: 1, float64: 11, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };

/** A second file, beside the ONNX file, for the values of large constants: an ONNX file cannot be longer than 2 GB. */
export type ExternalData = {
  /** Name of the file, as the graph refers to it. */
  location: string;
  /** Appends bytes and returns the offset where they begin. */
  append(bytes: Uint8Array): number;
};

/** Smaller constants stay in the graph. */
const EXTERNAL_FROM_BYTES = 4096;

export class Graph {
  readonly #nodes: Message[] = [];
  readonly #constants = new Map<string, Message>();
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #name: string;
  readonly #external: ExternalData | undefined;

  constructor(name: string, { external }: { external?: ExternalData | undefined } = {}) {
    this.#name = name;
    this.#external = external;
  }

  /** Declares an input and returns its name. */
  input(port: Port): string {
    this.#inputs.push(bytesField(11, valueInfo(port)));
    return port.name;
  }

  /** Declares that the value `port.name` is an output. */
  output(port: Port): void {
    this.#outputs.push(bytesField(12, valueInfo(port)));
  }

  /** Adds a constant under `name`; a second call with the same name keeps the first. */
  constant(name: string, tensor: ConstantTensor): string {
    if (!this.#constants.has(name)) {
      const { data, shape } = tensor;
      const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      this.#constants.set(
        name,
        bytesField(5, [
          ...shape.flatMap((size) => intField(1, size)),
          ...intField(2, ELEMENT_CODE[elementType(data)]),
          ...bytesField(8, name),
          ...(this.#external && raw.length >= EXTERNAL_FROM_BYTES ? placedIn(this.#external, raw) : bytesField(9, raw)),
        ]),
      );
    }
    return name;
  }

  /** Adds a node with one output and returns that output's name. An empty input name leaves an optional input out. */
  op(
    kind: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    { domain = '', as = '' }: { domain?: string; as?: string } = {},
  ): string {
    const output = as || this.#fresh(kind);
    this.#add(kind, inputs, [output], attributes, domain);
    return output;
  }

  /** Adds a node with `count` outputs and returns their names. */
  ops(
    kind: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    { domain = '' }: { domain?: string } = {},
  ): string[] {
    const outputs = Array.from({ length: count }, (_, i) => `${this.#fresh(kind)}.${i}`);
    this.#add(kind, inputs, outputs, attributes, domain);
    return outputs;
  }

  /** The ONNX file, with `metadata` in its metadata_props. */
  toBytes(metadata: Record<string, string> = {}): Uint8Array {
    const graph = [
      ...this.#nodes.flat(),
      ...bytesField(2, this.#name),
      ...[...this.#constants.values()].flat(),
      ...this.#inputs.flat(),
      ...this.#outputs.flat(),
    ];
    return concat([
      ...intField(1, 9),
      ...bytesField(2, 'embed'),
      ...bytesField(7, graph),
      ...bytesField(8, [...bytesField(1, ''), ...intField(2, 18)]),
      ...bytesField(8, [...bytesField(1, MICROSOFT), ...intField(2, 1)]),
      ...Object.entries(metadata).flatMap(([key, value]) => bytesField(14, [...bytesField(1, key), ...bytesField(2, value)])),
    ]);
  }

  #fresh(kind: string): string {
    return `${kind}_${this.#nodes.length}`;
  }

  #add(kind: string, inputs: readonly string[], outputs: readonly string[], attributes: Attributes, domain: string): void {
    this.#nodes.push(
      bytesField(1, [
        ...inputs.flatMap((name) => bytesField(1, name)),
        ...outputs.flatMap((name) => bytesField(2, name)),
        ...bytesField(3, outputs[0] ?? kind),
        ...bytesField(4, kind),
        ...Object.entries(attributes).flatMap(([name, value]) => bytesField(5, attribute(name, value))),
        ...bytesField(7, domain),
      ]),
    );
  }
}

/** The fields that say where a constant's values are. Source: ONNX, TensorProto.external_data and data_location. */
function placedIn(external: ExternalData, raw: Uint8Array): Message {
  const entries = { location: external.location, offset: String(external.append(raw)), length: String(raw.length) };
  return [
    ...Object.entries(entries).flatMap(([key, value]) => bytesField(13, [...bytesField(1, key), ...bytesField(2, value)])),
    ...intField(14, 1),
  ];
}

function attribute(name: string, value: Attributes[string]): Message {
  const named = bytesField(1, name);
  if (typeof value === 'number') return [...named, ...intField(3, value), ...intField(20, 2)];
  if (typeof value === 'string') return [...named, ...bytesField(4, value), ...intField(20, 3)];
  if ('float' in value) return [...named, ...floatField(2, value.float), ...intField(20, 1)];
  return [...named, ...value.flatMap((item) => intField(8, item)), ...intField(20, 7)];
}

function valueInfo({ name, type, shape }: Port): Message {
  const dims = shape.flatMap((size) => bytesField(1, typeof size === 'number' ? intField(1, size) : bytesField(2, size)));
  return [...bytesField(1, name), ...bytesField(2, bytesField(1, [...intField(1, ELEMENT_CODE[type]), ...bytesField(2, dims)]))];
}

function elementType(data: ConstantTensor['data']): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int32Array) return 'int32';
  return 'int64';
}
