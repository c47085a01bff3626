/**
 * The part of the Protocol Buffers wire format that an ONNX file needs: varints, 32-bit floats and length-delimited
 * fields. Source: protobuf.dev, "Encoding".
 */

/** A message under construction: byte chunks in order. Large tensors are referenced, not copied, until `concat`. */
export type Message = Uint8Array[];

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

const utf8 = new TextEncoder();

/** One integer field. Negative numbers take ten bytes, as int64 does on the wire. */
export function intField(field: number, value: number | bigint): Message {
  return [varint((field << 3) | VARINT), varint(value)];
}

/** One 32-bit float field. */
export function floatField(field: number, value: number): Message {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [varint((field << 3) | FIXED32), bytes];
}

/** One text, bytes or message field. */
export function bytesField(field: number, value: string | Uint8Array | Message): Message {
  const chunks = typeof value === 'string' ? [utf8.encode(value)] : value instanceof Uint8Array ? [value] : value;
  return [varint((field << 3) | BYTES), varint(byteLength(chunks)), ...chunks];
}

/** The message as one array. */
export function concat(message: Message): Uint8Array {
  const bytes = new Uint8Array(byteLength(message));
  let at = 0;
  for (const chunk of message) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function byteLength(message: Message): number {
  return message.reduce((total, chunk) => total + chunk.length, 0);
}

function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
