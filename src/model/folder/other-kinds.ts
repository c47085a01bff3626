import { EmbedError } from '../../errors.ts';
import { shortened } from '../../text.ts';
import { WEIGHTS } from '../transformer/choose.ts';
import type { ModuleEntry } from './modules.ts';

/** Models that are no sentence encoders, and weights that are not read: an error that names the kind, and what can be done instead. */

const IN_PYTHON =
  'compute the vectors with Python, save them with numpy.save, and give them to search, cluster or dedup: vectors.npy --texts corpus.txt';
const ENCODER = 'Name a model that gives one vector per text, for example --model intfloat/multilingual-e5-small';

/** Kinds of sentence-transformers, by the model_type that it writes. */
const TYPES: Readonly<Record<string, Reason>> = {
  CrossEncoder: { what: 'it is a CrossEncoder (a reranker): it scores pairs of texts, and gives no vectors', hint: ENCODER },
  SparseEncoder: { what: 'it is a SparseEncoder (SPLADE): it weighs the words of a vocabulary, and gives no dense vectors', hint: ENCODER },
  MultiVectorEncoder: { what: 'it is a MultiVectorEncoder (ColBERT): it gives one vector per token, not one per text', hint: ENCODER },
};

/** Modules by their names, each with what it is. */
const MODULES: Readonly<Record<string, Reason>> = {
  Router: {
    what: 'it has other parts for queries than for documents (Router)',
    hint: `Name one of the models that it routes to, or ${IN_PYTHON}`,
  },
  Asym: {
    what: 'it has other parts for queries than for documents (Asym)',
    hint: `Name one of the models that it routes to, or ${IN_PYTHON}`,
  },
  WordEmbeddings: {
    what: 'it looks up word vectors (WordEmbeddings) by a tokenizer of its own',
    hint: `Name a transformer or a model2vec model, or ${IN_PYTHON}`,
  },
  BoW: { what: 'it counts words (BoW)', hint: ENCODER },
  SpladePooling: TYPES['SparseEncoder']!,
  SparseStaticEmbedding: TYPES['SparseEncoder']!,
  MLMTransformer: TYPES['SparseEncoder']!,
  MultiVectorMask: TYPES['MultiVectorEncoder']!,
  CLIPModel: { what: 'it encodes images as well as texts (CLIPModel)', hint: ENCODER },
};

/** Weights of other programs, where no file can be used. */
const FOREIGN: readonly { what: string; pattern: RegExp }[] = [
  { what: 'GGUF, for llama.cpp', pattern: /\.gguf$/i },
  { what: 'OpenVINO', pattern: /^(?:openvino\/)?openvino_\w+\.(?:xml|bin)$/ },
  { what: 'TensorFlow', pattern: /^tf_model\.h5$/ },
  { what: 'Flax', pattern: /^flax_model\.msgpack$/ },
];
const ORIGINAL = 'Name the model that it was converted from, which has model.safetensors or model.onnx: --model OWNER/NAME';

type Reason = { what: string; hint: string };

/** The error for a module that gives no vectors of texts, or that is run otherwise. `model` is the model's folder, or its name on the hub. */
export function otherModule(model: string, modules: readonly ModuleEntry[] | undefined): EmbedError | undefined {
  for (const { type } of modules ?? []) {
    const name = type.startsWith('sentence_transformers.') ? type.split('.').at(-1)! : '';
    if (Object.hasOwn(MODULES, name)) return refusal(model, MODULES[name]!);
  }
  return undefined;
}

/**
 * The error for a model that its settings name as one of another kind.
 *
 * @param type model_type in config_sentence_transformers.json
 * @param architectures those of config.json, where nothing else says what the model is for
 */
export function otherType(model: string, { type, architectures }: { type: unknown; architectures: unknown }): EmbedError | undefined {
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return refusal(model, TYPES[type]!);
  const head: unknown = Array.isArray(architectures)
    ? architectures.find((name) => String(name).endsWith('ForSequenceClassification'))
    : undefined;
  if (head === undefined) return undefined;
  return refusal(model, {
    what: `it is a classifier or a reranker (${shortened(String(head))} in config.json): it scores texts, and gives no vectors`,
    hint: ENCODER,
  });
}

function refusal(model: string, { what, hint }: Reason): EmbedError {
  return new EmbedError(`Cannot use the model ${model}: ${what}`, { hint });
}

/** The reason why no file of a model can be run, if it only has weights of other programs. */
export function foreignWeights(model: string, names: readonly string[]): EmbedError | undefined {
  // the transformer of an old layout is in a folder of its own
  const local = names.map((name) => name.replace(/^0_\w+\//, ''));
  // those of PyTorch have an error of their own
  if (local.some((name) => /\.(?:safetensors|onnx)$|^pytorch_model.*\.bin/.test(name))) return undefined;
  const found = FOREIGN.find(({ pattern }) => local.some((name) => pattern.test(name)));
  if (found === undefined) return undefined;
  return new EmbedError(`Cannot load the model ${model}: there is no ${WEIGHTS} and no model.onnx, only weights of ${found.what}`, {
    hint: ORIGINAL,
  });
}
