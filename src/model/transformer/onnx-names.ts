/** Names of a model's ONNX files, as sentence-transformers, optimum and transformers.js write them. */

/** The file in float32. Both places are in use. */
export const ONNX_FILES: readonly string[] = ['model.onnx', 'onnx/model.onnx'];

/** Variants, from the nearest to float32 on: optimised graphs, float16, 8 bits, 4 bits. */
const VARIANTS = [
  'O1',
  'O2',
  'O3',
  'optimized',
  'fp16',
  'O4',
  'quantized',
  'int8',
  'uint8',
  'qint8_avx512_vnni',
  'qint8_avx512',
  'qint8_avx2',
  'qint8_arm64',
  'quint8_avx2',
  'bnb4',
  'q4',
  'q4f16',
];

const ALL = [...ONNX_FILES, ...VARIANTS.flatMap((name) => ONNX_FILES.map((file) => file.replace('.onnx', `_${name}.onnx`)))];

/** The ONNX files that a model has, the one to take first. */
export function onnxAmong(has: (file: string) => boolean): string[] {
  return ALL.filter(has);
}
