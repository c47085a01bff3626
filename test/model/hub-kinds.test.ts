import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMMIT, startHub, type HubServer } from '../hub-server.ts';
import { inFreshFolder, run } from '../run.ts';
import { randomTensor, writeBertModel, writeLookupModel, writeTensors } from './tiny-bert.ts';

let hub: HubServer | undefined;

async function serve(): Promise<void> {
  hub = await startHub('served');
  vi.stubEnv('HF_ENDPOINT', hub.url);
}

const get = async (): Promise<string> => (await run(['models', 'get', 'acme/tiny'])).err;
const snapshot = `home/hub/models--acme--tiny/snapshots/${COMMIT}`;

beforeEach(() => {
  const folder = inFreshFolder();
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE']) vi.stubEnv(name, undefined);
  vi.stubEnv('NO_PROXY', '*');
  vi.stubEnv('HF_HOME', `${folder}/home`);
  vi.stubEnv('XDG_CACHE_HOME', `${folder}/xdg`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub?.close();
  hub = undefined;
});

function writeAdapter(): void {
  const module = 'base_model.model.encoder.layer.0.attention.self.query';
  writeFileSync(
    'served/adapter_config.json',
    JSON.stringify({ peft_type: 'LORA', base_model_name_or_path: 'acme/base', r: 2, lora_alpha: 4 }),
  );
  writeTensors(
    'served/adapter_model.safetensors',
    new Map([
      [`${module}.lora_A.weight`, randomTensor(1, [2, 16])],
      [`${module}.lora_B.weight`, randomTensor(2, [16, 2])],
    ]),
  );
}

describe('on the hub', () => {
  it('an adapter comes with the weights beside it', async () => {
    writeBertModel('served');
    writeAdapter();
    await serve();
    expect(await get()).toContain('next: ');
    expect(existsSync(`${snapshot}/adapter_model.safetensors`)).toBe(true);
    expect((await run(['models', 'show', 'acme/tiny'])).out).toContain('a graph built from model.safetensors, adapter_model.safetensors');
  });

  it('an adapter alone is refused, with the command that merges it', async () => {
    writeBertModel('served');
    writeAdapter();
    rmSync('served/model.safetensors');
    await serve();
    expect(await get()).toMatch(
      /^error: Cannot load the model acme\/tiny: it is only an adapter \(adapter_config\.json\) of acme\/base\nhint: Merge both in Python: .*S\("acme\/base"\).*"acme\/tiny"\).*m\.save\("tiny-merged"\)'; then --model tiny-merged\n$/,
    );
  });

  it('a quantised ONNX file is taken if there is no other, also from the cache', async () => {
    writeLookupModel('served');
    mkdirSync('served/onnx');
    renameSync('served/model.onnx', 'served/onnx/model_quantized.onnx');
    writeFileSync('served/onnx/model_q4.onnx', 'x');
    await serve();
    expect(await get()).toContain('next: ');
    expect(existsSync(`${snapshot}/onnx/model_q4.onnx`)).toBe(false);
    const asked = hub!.asked.length;
    writeFileSync('c.txt', 'the cat\n');
    expect((await run(['encode', 'c.txt', '--model', 'acme/tiny'])).err).toContain('note: acme/tiny is run from model_quantized.onnx');
    expect(hub!.asked).toHaveLength(asked);
    // a cache that may only lack model.onnx is not trusted
    rmSync(`home/hub/models--acme--tiny/.no_exist/${COMMIT}/model.onnx`);
    await run(['encode', 'c.txt', '--model', 'acme/tiny', '-o', 'd.npy']);
    expect(hub!.asked.length).toBeGreaterThan(asked);
  });

  it.each<[string, string, () => void]>([
    [
      'only weights of GGUF, for llama.cpp',
      'Cannot load',
      () => ['config.json', 'modules.json', 'model.onnx'].forEach((file) => rmSync(`served/${file}`)),
    ],
    [
      'it has other parts for queries than for documents (Router)',
      'Cannot use',
      () => writeFileSync('served/modules.json', JSON.stringify([{ idx: 0, path: '', type: 'sentence_transformers.models.Router' }])),
    ],
  ])('what cannot be used is named before it is downloaded: %s', async (what, begins, change) => {
    writeLookupModel('served');
    change();
    writeFileSync('served/tiny.gguf', 'x');
    await serve();
    expect(await get()).toMatch(new RegExp(`^error: ${begins} the model acme/tiny: .*${what.replaceAll(/[()]/g, '.')}`));
    expect(hub!.asked.filter((line) => /onnx|gguf|tokenizer/.test(line))).toEqual([]);
  });

  it('an architecture without a graph is exported by the command of the hint', async () => {
    writeBertModel('served', { config: { model_type: 'deberta-v2' } });
    await serve();
    expect(await get()).toContain(
      `pip install 'sentence-transformers[onnx]<6'; python3 -c 'from sentence_transformers import SentenceTransformer as S; S("acme/tiny", backend="onnx").save("tiny-onnx")'; then --model tiny-onnx`,
    );
  });
});
