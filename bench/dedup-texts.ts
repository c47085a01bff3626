import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PYTHON } from './install.ts';
import { withoutPaths } from './machine.ts';
import { summarize } from './rounds.ts';
import { medianRun, runWatched, type ProgramRun, type WatchedRun } from './search-program.ts';

/** A whole program on a file of texts, and what part of its time went into vectors. */
export type TextRun = ProgramRun & { name: string; dropped: number; encodeSeconds: number | undefined };

type Options = { models: readonly string[]; rounds: number; folder: string; log: (line: string) => void };

/** `embed dedup` on texts, from start to end, beside semhash with the models that are at hand. */
export async function measureTexts(texts: readonly string[], options: Options, note: (text: string) => void): Promise<TextRun[]> {
  const { models, rounds, folder, log } = options;
  const path = join(folder, 'dedup-texts.txt');
  writeFileSync(path, texts.map((text) => `${text}\n`).join(''));
  const output = join(folder, 'report.txt');
  const repeat = async (command: string, args: readonly string[]): Promise<WatchedRun[]> => {
    const runs: WatchedRun[] = [];
    for (let round = 0; round < rounds; round++) runs.push(await runWatched(command, args, { output }));
    return runs;
  };
  const results: TextRun[] = [];
  const add = (run: TextRun): void => {
    log(`  ${texts.length} texts, ${run.name}: ${run.seconds.toFixed(2)} s, ${run.megabytes.toFixed(0)} MB`);
    results.push(run);
  };
  const ours = await repeat(process.execPath, ['bin/embed.js', 'dedup', path, '--exit-zero', '--min-cosine', '0.9']);
  const encoding = ours.map(({ said }) => Number(/^encoded .* in ([\d.]+) s\b/m.exec(said)?.[1]));
  const dropped = Number(/^([\d,]+) of .* repeats? /m.exec(readFileSync(output, 'utf8'))?.[1]?.replaceAll(',', '') ?? 0);
  add({ name: 'embed', ...medianRun(ours), dropped, encodeSeconds: summarize(encoding).median });

  if (!existsSync(PYTHON)) return results;
  for (const model of models) {
    try {
      const theirs = await repeat(PYTHON, ['bench/dedup_peers.py', 'semhash-texts', path, model, '0.9']);
      const said = JSON.parse(readFileSync(output, 'utf8').trim().split('\n').at(-1)!) as { dropped: number };
      add({ name: `semhash, ${basename(model)}`, ...medianRun(theirs), dropped: said.dropped, encodeSeconds: undefined });
    } catch (error) {
      const [why] = (error as Error).message.split('\n').at(-1)!.split('. ');
      note(`Left out: semhash on texts, with the model ${withoutPaths(model)}: ${why}`);
    }
  }
  return results;
}
