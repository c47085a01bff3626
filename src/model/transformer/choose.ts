import { CliError } from '../../errors.ts';
import { BUILT_FAMILIES, whyNoGraph, type BertConfig } from './families.ts';

/** config.json as far as it says what can be run. */
export type ModelConfig = BertConfig & { max_position_embeddings?: number; d_model?: number; auto_map?: unknown };

/** Which files of a transformer's folder are taken: weights (one file, or several by their index) or an ONNX file. */
export type TransformerFiles = { why: string } & ({ kind: 'weights'; files: readonly string[] } | { kind: 'onnx'; file: string });

/** The folder of a transformer as far as its names tell. */
export type Listing = {
  /** What errors call it. */
  where: string;
  config: ModelConfig;
  has: (file: string) => boolean;
  /** Reads a JSON file of it. */
  json: <T>(file: string) => T;
  /** Whether a model is run that asks for code of its own, without it. */
  force: boolean;
};

const ONNX_FILES = ['model.onnx', 'onnx/model.onnx'];

/** Weights in one file, and the index of those in several. */
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
const EXPORT = 'optimum-cli export onnx --task feature-extraction -m MODEL DIR';

/** What writes safetensors, as it is typed. */
export const SAVE_ANEW = `python3 -c "from sentence_transformers import SentenceTransformer as S; S('DIR').save('NEW_DIR')"`;

/** Weights, where a graph can be built from them, since that one is faster than an exported one; else the ONNX file. */
export function chooseTransformer({ where, config, has, json, force }: Listing): TransformerFiles {
  const onnx = ONNX_FILES.find(has);
  const files = has(WEIGHTS) ? [WEIGHTS] : has(INDEX) ? shardsOf(json(INDEX), { where, has }) : [];
  const old = files.length === 0 && has('pytorch_model.bin');
  const why = files.length > 0 ? whyNoGraph(config) : old ? 'its weights are in pytorch_model.bin' : 'it has no weights';
  if (config.auto_map !== undefined && !force) {
    const left =
      why === undefined ? `Its weights are run as ${config.model_type}` : onnx && `Its ${onnx} is taken for what that code computes`;
    throw new CliError(`Cannot load the model in ${where}: config.json asks for code of its own (auto_map), which is never run`, {
      hint: left ? `${left} with --force` : `Export it once with Python: ${EXPORT}; then --force takes the ONNX file`,
    });
  }
  if (why === undefined) {
    return { kind: 'weights', files, why: onnx === undefined ? 'there is no ONNX file' : `its graph is faster than ${onnx}` };
  }
  if (onnx !== undefined) return { kind: 'onnx', file: onnx, why };
  const hint =
    files.length > 0
      ? `Export it once with Python: ${EXPORT}; graphs are built for ${BUILT_FAMILIES}`
      : old
        ? `Save it anew with Python: ${SAVE_ANEW}`
        : 'Copy the whole folder as SentenceTransformer.save() writes it';
  throw new CliError(`Cannot load the model in ${where}: there is no model.onnx or onnx/model.onnx, and ${why}`, { hint });
}

/** The files that an index of weights lists. */
function shardsOf(
  { weight_map: map = {} }: { weight_map?: Record<string, unknown> },
  { where, has }: { where: string; has: (file: string) => boolean },
): string[] {
  const files = [...new Set(Object.values(Object(map)).map(String))];
  // a name must not lead out of the folder
  const missing = files.find((file) => !/^[\w.-]+\.safetensors$/.test(file) || !has(file));
  if (missing === undefined) return files;
  throw new CliError(`Cannot load the model in ${where}: ${missing}, which ${INDEX} lists, is missing`, {
    hint: 'Copy the whole folder again',
  });
}
