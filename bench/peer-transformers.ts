import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Matrix } from '../src/vectors/matrix.ts';
import { writeNpy } from './write-npy.ts';

/**
 * Encodes texts with @huggingface/transformers, on request, as encode_peers.py does with its peers.
 * Usage: node peer-transformers.js FOLDER DTYPE BATCH; FOLDER holds js/ (the package) and models/minilm.
 */

/** What is used of the package, which is not installed where this is compiled. */
type TransformersJs = {
  env: { version: string; localModelPath: string; allowRemoteModels: boolean };
  pipeline(task: 'feature-extraction', model: string, options: { dtype: string; device: 'cpu' }): Promise<Extractor>;
};
type Extractor = (texts: string[], options: { pooling: 'mean'; normalize: true }) => Promise<{ data: Float32Array }>;

const [folder, dtype, batch] = process.argv.slice(2) as [string, string, string];
const { env, pipeline } = createRequire(join(folder, 'js/package.json'))('@huggingface/transformers') as TransformersJs;
env.localModelPath = join(folder, 'models');
env.allowRemoteModels = false;
const extract = await pipeline('feature-extraction', 'minilm', { dtype, device: 'cpu' });

const runtime = JSON.parse(readFileSync(join(folder, 'js/node_modules/onnxruntime-node/package.json'), 'utf8')) as { version: string };
say({ versions: { '@huggingface/transformers': env.version, 'its onnxruntime-node': runtime.version } });

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { texts: string; vectors: string | null };
  const texts = readFileSync(request.texts, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as string);
  const started = performance.now();
  const vectors = await encode(texts);
  const seconds = (performance.now() - started) / 1000;
  if (request.vectors) writeNpy(request.vectors, vectors);
  say({ seconds });
}

/** In file order, as the documentation's examples do it: each batch is padded to its longest text. */
async function encode(texts: string[]): Promise<Matrix> {
  const parts: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += Number(batch)) {
    parts.push((await extract(texts.slice(at, at + Number(batch)), { pooling: 'mean', normalize: true })).data);
  }
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { data, rows: texts.length, cols: data.length / texts.length };
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
