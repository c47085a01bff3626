import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '../src/model/folder/folder.ts';
import { openEncoder } from '../src/model/open-encoder.ts';
import { openTokenizer } from '../src/model/tokenizer/tokenizer.ts';
import { planBatches } from '../src/model/transformer/batches.ts';
import { openSessions, TOKENS_PER_BATCH } from '../src/model/transformer/token-encoder.ts';
import type { Contender } from './contender.ts';
import { writeNpy } from './write-npy.ts';

/** `embed encode` as a user runs it: a new process, from a text file to a vector set. */
export function programContender(name: string, folder: string): Contender {
  return {
    name,
    side: 'ours',
    async encode({ txtPath }, vectorsPath) {
      // a fresh folder each time: over its own output, embed would say "up to date"
      const scratch = mkdtempSync(join(tmpdir(), 'embed-bench-'));
      const output = join(scratch, 'out.npy');
      try {
        const seconds = await spawnTimed(['bin/embed.js', 'encode', txtPath, '-o', output, '-q', '--model', folder]);
        if (vectorsPath) copyFileSync(output, vectorsPath);
        return seconds;
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
    close: async () => {},
  };
}

/** The encoder inside it, texts in memory to vectors in memory: what the peers' libraries do. */
export function encoderContender(name: string, folder: string, { threads }: { threads: number }): Contender {
  const encoder = openEncoder(loadModel(folder), { threads });
  return {
    name,
    side: 'ours',
    async encode({ texts }, vectorsPath) {
      const started = performance.now();
      const { vectors } = await encoder.encode(texts);
      const seconds = (performance.now() - started) / 1000;
      if (vectorsPath) writeNpy(vectorsPath, vectors);
      return seconds;
    },
    close: () => encoder.close(),
  };
}

/** The model alone, texts tokenised, planned and packed beforehand and vectors dropped: the rate to come close to. */
export function bareContender(name: string, folder: string, { threads }: { threads: number }): Contender {
  const model = loadModel(folder);
  const tokenize = openTokenizer(model);
  const { runs } = model;
  if (runs.kind === 'static' || runs.kind === 'custom') throw new Error(`${folder} is a static model: it has no sessions`);
  const pool = openSessions(model, { runs, threads, skip: 0 });
  return {
    name,
    side: 'ours',
    async encode({ texts, lengths }) {
      const ids = texts.map((text) => Array.from(tokenize(text).ids, BigInt));
      const tasks = planBatches(lengths, { maxTokens: TOKENS_PER_BATCH }).map(({ rows, tokens }) => ({
        ids: BigInt64Array.from(rows.flatMap((row) => ids[row]!)),
        rows: rows.length,
        tokens,
      }));
      const started = performance.now();
      await Promise.all(tasks.map((task) => pool.run(task)));
      return (performance.now() - started) / 1000;
    },
    close: () => pool.close(),
  };
}

/** Seconds that node takes with `args`, from start to end; throws what it said where it did not end well. */
export async function spawnTimed(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`node ${args[0]} ended in ${code}: ${said.trim()}`);
  return (performance.now() - started) / 1000;
}
