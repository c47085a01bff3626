import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Graph, MICROSOFT, type Port } from '../../src/engine/graph.ts';
import { loadModel } from '../../src/model/folder/folder.ts';
import { readNpy } from '../../src/vectors/npy.ts';
import { inFreshFolder, run } from '../run.ts';
import { TINY_WORDS, writeBertModel, writeLookupModel } from './tiny-bert.ts';

const ROWS = 5 + TINY_WORDS.length;

/** Token vectors whose size grows with the id, so that a scale for all of a batch rounds the small ones away. */
const TABLE = { shape: [ROWS, 4], data: Float32Array.from({ length: ROWS * 4 }, (_, at) => Math.sin(at + 1) * 1.7 ** Math.floor(at / 4)) };

type Shape = Port['shape'];

/** A graph that looks up token vectors, of which `after` makes the output. */
function lookup(
  after: (graph: Graph, tokens: string) => void,
  { shape = ['batch', 'tokens'], output = 'last_hidden_state', dims = 4 }: { shape?: Shape; output?: string; dims?: number | string } = {},
): Uint8Array {
  const graph = new Graph('lookup');
  graph.input({ name: 'input_ids', type: 'int64', shape });
  after(graph, graph.op('Gather', [graph.constant('table', TABLE), 'input_ids']));
  const rank = output === 'sentence_embedding' ? ['batch', dims] : ['batch', 'tokens', dims];
  graph.output({ name: output, type: 'float32', shape: rank });
  return graph.toBytes();
}

const PLAIN = lookup((graph, tokens) => void graph.op('Identity', [tokens], {}, { as: 'last_hidden_state' }));
const POOLED = lookup(
  (graph, tokens) =>
    void graph.op(
      'ReduceMax',
      [tokens, graph.constant('axis', { shape: [1], data: BigInt64Array.of(1n) })],
      { keepdims: 0 },
      { as: 'sentence_embedding' },
    ),
  { output: 'sentence_embedding' },
);

const DYNAMIC: Readonly<Record<string, Uint8Array>> = {
  DynamicQuantizeLinear: lookup((graph, tokens) => {
    const [rounded, scale, zero] = graph.ops('DynamicQuantizeLinear', [tokens], 3);
    graph.op('DequantizeLinear', [rounded!, scale!, zero!], {}, { as: 'last_hidden_state' });
  }),
  DynamicQuantizeMatMul: lookup((graph, tokens) => {
    const matrix = graph.constant('matrix', { shape: [4, 4], data: Int8Array.from({ length: 16 }, (_, at) => (at * 37) % 101) });
    const scale = graph.constant('scale', { shape: [1], data: Float32Array.of(0.01) });
    graph.op('DynamicQuantizeMatMul', [tokens, matrix, scale], {}, { domain: MICROSOFT, as: 'last_hidden_state' });
  }),
};

const TEXTS = ['the cat', 'rice is', 'passage :'];

/** Vectors of the texts, all in one corpus, and each in a corpus of its own. */
async function together(): Promise<{ all: number[][]; alone: number[][]; err: string }> {
  const vectorsOf = async (texts: readonly string[]): Promise<{ rows: number[][]; err: string }> => {
    writeFileSync('c.txt', `${texts.join('\n')}\n`);
    const { code, err } = await run(['encode', 'c.txt', '--model', 'm', '-o', 'c.npy', '--overwrite', '--no-reuse']);
    expect([code, err]).toEqual([0, expect.stringContaining('encoded')]);
    const { data, cols } = readNpy('c.npy');
    return { rows: texts.map((_, row) => [...data.subarray(row * cols, (row + 1) * cols)]), err };
  };
  const { rows: all, err } = await vectorsOf(TEXTS);
  const alone: number[][] = [];
  for (const text of TEXTS) alone.push((await vectorsOf([text])).rows[0]!);
  return { all, alone, err };
}

describe('an ONNX file that was quantised dynamically', () => {
  it.each(Object.keys(DYNAMIC))('by %s gives a text the same vector alone and in company', async (operator) => {
    inFreshFolder();
    writeLookupModel('m');
    writeFileSync('m/model.onnx', DYNAMIC[operator]!);
    const { all, alone, err } = await together();
    expect(all).toEqual(alone);
    expect(err).toContain(`note: m encodes one text at a time, which takes longer: it was quantised dynamically (${operator}), so`);
    expect(err.match(/note: m encodes/g)).toHaveLength(1);
    const { out } = await run(['models', 'show', 'm']);
    expect(out).toContain('precision     dynamic int8\n');
    expect(out).toContain(`batches       one text each: it was quantised dynamically (${operator})`);
  });

  it('would give others in company: the test above compares what differs', async () => {
    inFreshFolder();
    writeLookupModel('m');
    // the same operator under another name is not seen
    writeFileSync('m/model.onnx', DYNAMIC['DynamicQuantizeLinear']!);
    const { openBatchRunner } = await import('../../src/model/transformer/session.ts');
    const { head, dims } = loadModel('m');
    const { run: runBatch, close } = await openBatchRunner({
      onnxPath: 'm/model.onnx',
      head,
      dims,
      skip: 0,
      repooled: false,
      threads: 1,
      alone: false,
    });
    const ids = BigInt64Array.of(2n, 5n, 3n, 2n, 15n, 3n);
    const both = await runBatch(ids, 2, 3);
    const one = await runBatch(ids.slice(0, 3), 1, 3);
    expect([...both.subarray(0, 4)]).not.toEqual([...one]);
    await close();
  });

  it('takes vectors over, and none that an earlier version made in company', async () => {
    inFreshFolder();
    writeLookupModel('m');
    writeFileSync('m/model.onnx', DYNAMIC['DynamicQuantizeLinear']!);
    writeFileSync('c.txt', 'the cat\nrice is\n');
    await run(['encode', 'c.txt', '--model', 'm']);
    writeFileSync('c.txt', 'the cat\nrice is\nthe mat\n');
    expect((await run(['encode', 'c.txt', '--model', 'm'])).err).toContain('2 vectors taken over');
    const manifest = JSON.parse(readFileSync('c.manifest.json', 'utf8')) as { model: { precision: string | null } };
    expect(manifest.model.precision).toBe('dynamic int8');
    manifest.model.precision = null;
    writeFileSync('c.manifest.json', JSON.stringify(manifest));
    const { err } = await run(['encode', 'c.txt', '--model', 'm', '--overwrite']);
    expect(err).toContain('encoded 3 rows');
    expect(err).not.toContain('taken over');
  });

  it('is not seen in a name that only looks so', () => {
    inFreshFolder();
    writeLookupModel('m');
    writeFileSync(
      'm/model.onnx',
      lookup((graph, tokens) => {
        graph.op('Identity', [graph.op('Identity', [tokens], {}, { as: 'DynamicQuantizeLinear' })], {}, { as: 'last_hidden_state' });
      }),
    );
    expect(loadModel('m').runs).not.toHaveProperty('alone');
  });
});

describe('the inputs of an ONNX file', () => {
  it('that are for one text are given one text', async () => {
    inFreshFolder();
    writeLookupModel('m');
    const after = (graph: Graph, tokens: string): void => void graph.op('Identity', [tokens], {}, { as: 'last_hidden_state' });
    writeFileSync('m/model.onnx', lookup(after, { shape: [1, 'tokens'] }));
    const { all, alone, err } = await together();
    expect(all).toEqual(alone);
    expect(err).toContain('note: m encodes one text at a time, which takes longer: its graph only takes batches of one text');
  });

  it.each([
    [[1, 128], 'texts of 128 tokens'],
    [[8, 'tokens'], 'batches of 8 texts'],
  ] as const)('of the fixed sizes %j are refused, with the command that exports it for all', (shape, what) => {
    inFreshFolder();
    writeLookupModel('m');
    const after = (graph: Graph, tokens: string): void => void graph.op('Identity', [tokens], {}, { as: 'last_hidden_state' });
    writeFileSync('m/model.onnx', lookup(after, { shape }));
    expect(() => loadModel('m')).toThrow(`its graph only takes ${what}`);
    expect(hintOf(() => loadModel('m'))).toMatch(
      /optimum-cli export onnx --library-name transformers --task feature-extraction -m \S+\/m \S+\/m\/onnx$/,
    );
  });
});

function hintOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String((error as { hint?: string }).hint);
  }
  throw new Error('nothing was thrown');
}

describe('the ONNX files of a folder', () => {
  it('are found in the layout of transformers.js, and named', async () => {
    inFreshFolder();
    writeLookupModel('m');
    mkdirSync('m/onnx');
    renameSync('m/model.onnx', 'm/onnx/model_quantized.onnx');
    writeFileSync('c.txt', 'the cat\n');
    expect((await run(['encode', 'c.txt', '--model', 'm'])).err).toContain(
      'note: m is run from model_quantized.onnx, as there is no model.onnx\n',
    );
    expect((await run(['models', 'show', 'm'])).out).toContain('runs          onnx/model_quantized.onnx (0.0 MB): it has no weights\n');
    const json = JSON.parse((await run(['models', 'show', 'm', '--format', 'json'])).out) as { results: object[] };
    expect(json.results).toMatchObject([{ notes: ['m is run from model_quantized.onnx, as there is no model.onnx'] }]);
  });

  it('are taken in the order of their precision, and the others are said', async () => {
    inFreshFolder();
    writeLookupModel('m');
    mkdirSync('m/onnx');
    for (const name of ['model_qint8_avx512_vnni', 'model_O4', 'model_fp16', 'model_quantized'])
      writeFileSync(`m/onnx/${name}.onnx`, PLAIN);
    const shown = async (): Promise<string> => /^runs +(.*)$/m.exec((await run(['models', 'show', 'm'])).out)![1]!;
    expect(await shown()).toBe(
      'model.onnx (0.0 MB): it has no weights; not used: onnx/model_fp16.onnx, onnx/model_O4.onnx, onnx/model_quantized.onnx, onnx/model_qint8_avx512_vnni.onnx',
    );
    rmSync('m/model.onnx');
    expect(await shown()).toMatch(/^onnx\/model_fp16\.onnx .*; not used: onnx\/model_O4\.onnx, /);
    rmSync('m/onnx/model_fp16.onnx');
    expect(await shown()).toMatch(/^onnx\/model_O4\.onnx /);
  });

  it('do not stand in for weights that a graph is built from', () => {
    inFreshFolder();
    writeBertModel('m');
    mkdirSync('m/onnx');
    writeFileSync('m/onnx/model_quantized.onnx', PLAIN);
    expect(loadModel('m').runs).toMatchObject({ kind: 'weights', why: 'its graph is faster than onnx/model_quantized.onnx' });
  });
});

describe('an ONNX file that only gives sentence_embedding', () => {
  it('is shown as what it is: its pooling is in the graph', async () => {
    inFreshFolder();
    writeLookupModel('m', { modules: ['Transformer', 'Pooling', 'Normalize'] });
    writeFileSync('m/model.onnx', POOLED);
    const { out } = await run(['models', 'show', 'm']);
    expect(out).toContain('modules       Transformer with pooling in its graph, whose output is sentence_embedding\n');
    expect(out).not.toContain('Pooling mean');
    expect((await run(['models', 'show', 'm', '--dims', '3'])).out).toContain('sentence_embedding → first 3 numbers\n');
    writeFileSync('m/model.onnx', PLAIN);
    expect((await run(['models', 'show', 'm'])).out).toContain('modules       Transformer → Pooling mean → Normalize\n');
  });

  it('needs no modules.json and no --pooling', async () => {
    inFreshFolder();
    writeLookupModel('m');
    rmSync('m/modules.json');
    writeFileSync('m/model.onnx', POOLED);
    writeFileSync('c.txt', 'the cat\nrice is\n');
    expect((await run(['encode', 'c.txt', '--model', 'm'])).err).toContain('encoded 2 rows into 4 dims');
    expect((await run(['search', 'c.npy', 'cat', '--model', 'm', '-n', '1'])).code).toBe(0);
    const refused = await run(['encode', 'c.txt', '--model', 'm', '--pooling', 'mean', '-o', 'd.npy']);
    expect(refused.err).toBe('error: Cannot pool m by mean: its graph pools itself\nhint: Leave --pooling out\n');
    writeFileSync('m/model.onnx', PLAIN);
    expect((await run(['encode', 'c.txt', '--model', 'm', '-o', 'd.npy'])).err).toContain('modules.json is missing');
  });
});
