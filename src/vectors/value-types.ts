/** How values of a type are read; `convert` is absent where the bytes are float32 in this machine's byte order. */
export type ValueType = { bytes: number; convert?: (from: Buffer, to: Float32Array) => void };

/** By NumPy's name of the type. */
export const VALUE_TYPES: ReadonlyMap<string, ValueType> = new Map([
  ['<f4', { bytes: 4 }],
  ['>f4', { bytes: 4, convert: converter(4, (view, at) => view.getFloat32(at, false)) }],
  ['<f8', { bytes: 8, convert: converter(8, (view, at) => view.getFloat64(at, true)) }],
  ['>f8', { bytes: 8, convert: converter(8, (view, at) => view.getFloat64(at, false)) }],
  ['<f2', { bytes: 2, convert: converter(2, (view, at) => halfToSingle(view.getUint16(at, true))) }],
  ['>f2', { bytes: 2, convert: converter(2, (view, at) => halfToSingle(view.getUint16(at, false))) }],
]);

function converter(bytes: number, get: (view: DataView, at: number) => number): NonNullable<ValueType['convert']> {
  return (from, to) => {
    const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
    for (let at = 0; at < from.length / bytes; at++) to[at] = get(view, at * bytes);
  };
}

/** The value of a 16-bit float (IEEE 754 binary16). */
export function halfToSingle(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
