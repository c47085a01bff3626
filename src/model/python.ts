import { basename, isAbsolute, join } from 'node:path';
import { shellWord } from '../text.ts';

/**
 * Commands of Python that turn a model into one that embed can run, as they are typed. `model` is its folder, or its name on the hub.
 * The packages of today do not fit each other in every version: optimum-onnx needs a version of transformers that sentence-transformers 6
 * does not take.
 */

/** Saves a model with its weights in safetensors. */
export function saveAgain(model: string): string {
  const folder = savedName(model, 'safetensors');
  return `pip install sentence-transformers; ${python(`S(${quoted(model)}).save(${quoted(folder)})`)}; then --model ${shellWord(folder)}`;
}

/**
 * Writes the ONNX file of a model.
 *
 * @param transformer the folder of its transformer; undefined where the model is on the hub
 * @param code the model brings code of its own, which Python then runs
 */
export function exportOnnx(model: string, { transformer, code = false }: { transformer: string | undefined; code?: boolean }): string {
  if (transformer === undefined) {
    const folder = savedName(model, 'onnx');
    const options = `backend="onnx"${code ? ', trust_remote_code=True' : ''}`;
    return `pip install 'sentence-transformers[onnx]<6'; ${python(`S(${quoted(model)}, ${options}).save(${quoted(folder)})`)}; then --model ${shellWord(folder)}`;
  }
  const paths = [transformer, join(transformer, 'onnx')].map(shellWord).join(' ');
  return `pip install 'optimum-onnx[onnxruntime]'; optimum-cli export onnx --library-name transformers --task feature-extraction${code ? ' --trust-remote-code' : ''} -m ${paths}`;
}

/** Merges an adapter into its base model. */
export function mergeAdapter(adapter: string, base: string): string {
  const folder = savedName(adapter, 'merged');
  const load = `m = S(${quoted(base)}); m[0].auto_model = P.from_pretrained(m[0].auto_model, ${quoted(adapter)}).merge_and_unload(); m.save(${quoted(folder)})`;
  return `pip install 'sentence-transformers<6' peft; ${python(load, 'from peft import PeftModel as P; ')}; then --model ${shellWord(folder)}`;
}

function python(code: string, more = ''): string {
  return `python3 -c ${shellWord(`${more}from sentence_transformers import SentenceTransformer as S; ${code}`)}`;
}

/** JSON quotes as Python does, in ASCII. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A folder beside that of the model; for a model of the hub, in the current folder. */
function savedName(model: string, what: string): string {
  return `${isAbsolute(model) ? model : basename(model)}-${what}`;
}
