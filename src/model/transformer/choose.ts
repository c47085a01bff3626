import { isAbsolute } from 'node:path';
import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';
import { exportOnnx, saveAgain } from '../python.ts';
import { BUILT_FAMILIES, whyNoGraph, type BertConfig } from './families.ts';
import { onnxAmong, ONNX_FILES } from './onnx-names.ts';

/** The fields of config.json that decide what can be run. */
export type ModelConfig = BertConfig & {
  max_position_embeddings?: number;
  d_model?: number;
  auto_map?: unknown;
  quantization_config?: unknown;
  architectures?: unknown;
  tokenizer_class?: string;
};

/** The files of a transformer that are used: weights (one file, or several by their index) or an ONNX file. */
export type TransformerFiles = { why: string } & (
  | { kind: 'weights'; files: readonly string[] }
  | { kind: 'onnx'; file: string; unused: readonly string[] }
);

/** The content of an index of weights, by the names of tensors. */
export type WeightsIndex = { weight_map?: Record<string, string> | null };

/** The folder of a transformer, by the names of its files. */
export type Listing = {
  /** Its name in errors. */
  where: string;
  /** The model's folder, or its name on the hub. */
  model: string;
  config: ModelConfig;
  has: (file: string) => boolean;
  /** Reads the index of weights in several files. */
  index: () => WeightsIndex;
  /** Load a model that requires custom code, without running that code. */
  force: boolean;
};

/** Weights in one file, and the index of those in several. */
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
const OLD_WEIGHTS = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];

/**
 * Chooses weights if a graph can be built from them, because it is faster than an exported one; else the ONNX file. Throws an EmbedError if
 * neither can be run, or if the model requires custom code and `force` is not set.
 */
export function chooseTransformer({ where, model, config, has, index, force }: Listing): TransformerFiles {
  const [onnx, ...unused] = onnxAmong(has);
  const files = has(WEIGHTS) ? [WEIGHTS] : has(INDEX) ? shardsOf(index(), { where, has }) : [];
  const old = files.length === 0 ? OLD_WEIGHTS.find(has) : undefined;
  const why = files.length > 0 ? whyNoGraph(config) : old !== undefined ? `its weights are in ${old}` : 'it has no weights';
  const code = config.auto_map !== undefined;
  const exported = (): string => exportOnnx(model, { transformer: isAbsolute(where) ? where : undefined, code });
  if (code && !force) {
    const left = why === undefined ? `Its weights are run as ${config.model_type}` : onnx && `Its ${onnx} is used instead of that code`;
    throw new EmbedError(`Cannot load the model in ${where}: config.json requires custom code (auto_map), which is never run`, {
      hint: left ? `${left} with --force` : `Export it once with Python: ${exported()}; then --force takes the ONNX file`,
    });
  }
  if (why === undefined) {
    return { kind: 'weights', files, why: onnx === undefined ? 'there is no ONNX file' : `its graph is faster than ${onnx}` };
  }
  if (onnx !== undefined) return { kind: 'onnx', file: onnx, unused, why };
  const hint =
    files.length > 0
      ? `Export it once with Python: ${exported()}; graphs are built for ${BUILT_FAMILIES}`
      : old !== undefined
        ? `Save it again with Python: ${saveAgain(model)}`
        : 'Copy the whole folder as SentenceTransformer.save() writes it';
  throw new EmbedError(`Cannot load the model in ${where}: there is no ${ONNX_FILES.join(' or ')}, and ${why}`, { hint });
}

/** The files that an index of weights lists. */
function shardsOf({ weight_map: map }: WeightsIndex, { where, has }: { where: string; has: (file: string) => boolean }): string[] {
  const files = [...new Set(Object.values(map ?? {}))];
  // a name must not point outside of the folder
  const missing = files.find((file) => !/^[\w.-]+\.safetensors$/.test(file) || !has(file));
  if (missing === undefined) return files;
  throw new EmbedError(`Cannot load the model in ${where}: ${shortened(missing)}, which ${INDEX} lists, is missing`, {
    hint: 'Copy the whole folder again',
  });
}
