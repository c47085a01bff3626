import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadModel } from '../src/model/folder/folder.ts';
import { openTokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { planBatches } from '../src/model/transformer/batches.ts';
import { TOKENS_PER_BATCH } from '../src/model/transformer/token-encoder.ts';
import { onnxFile } from '../src/model/transformer/graph-cache.ts';
import { describeMachine } from './machine.ts';
import { describeSet, makeSet } from './text-sets.ts';

/**
 * Where a model's time goes, by operator: one session of one thread, as a worker has it.
 * Usage: npm run bench:profile -- [MODEL] [LINES]; prints a Markdown table.
 */
const folder = process.argv[2] ?? 'models/minilm';
const lines = process.argv[3] ?? '../shared/data/train/en-sentences.txt.gz';

const scratch = mkdtempSync(join(tmpdir(), 'embed-profile-'));
try {
  const model = loadModel(folder);
  const { runs } = model;
  if (runs.kind === 'static' || runs.kind === 'custom') throw new Error(`${folder} is a static model: it has no graph`);
  const tokenize = openTokenizer(model);
  const set = makeSet('short lines', lines, { rows: 3000, offset: 11, folder: scratch });
  const texts = set.texts.map((text) => tokenize(text).ids);
  const batches = planBatches(
    texts.map((ids) => ids.length),
    { maxTokens: TOKENS_PER_BATCH },
  ).map(
    ({ rows, tokens }) =>
      new Tensor('int64', BigInt64Array.from(rows.flatMap((row) => Array.from(texts[row]!, BigInt))), [rows.length, tokens]),
  );

  const session = await InferenceSession.create(onnxFile(runs, model), {
    graphOptimizationLevel: 'basic',
    intraOpNumThreads: 1,
    enableMemPattern: false,
    enableProfiling: true,
    profileFilePrefix: join(scratch, 'profile'),
  });
  for (const input_ids of batches) await session.run({ input_ids });
  session.endProfiling();

  const file = readdirSync(scratch).find((name) => name.startsWith('profile'))!;
  const events = JSON.parse(readFileSync(join(scratch, file), 'utf8')) as {
    cat: string;
    name: string;
    dur: number;
    args: { op_name?: string };
  }[];
  const micros = new Map<string, number>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || !args.op_name) continue;
    micros.set(args.op_name, (micros.get(args.op_name) ?? 0) + dur);
  }
  const total = [...micros.values()].reduce((sum, value) => sum + value, 0);
  console.log(
    `${folder}, ${describeSet(set)}, ${batches.length} batches, one thread: ${(total / 1e6).toFixed(2)} s in operators. ${describeMachine()}\n`,
  );
  console.log('| operator | share |\n| --- | ---: |');
  for (const [op, value] of [...micros].toSorted(([, a], [, b]) => b - a))
    console.log(`| ${op} | ${((100 * value) / total).toFixed(1)} % |`);
} finally {
  rmSync(scratch, { recursive: true });
}
