import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { grouped, plural, say, shellWord, type Io } from '../../io.ts';
import { looksOf } from '../../report/cells.ts';
import { jsonChunks } from '../../report/json.ts';
import { factLines } from '../../report/models.ts';
import { linesOf, writeChunks } from '../../report/report-files.ts';
import { known, type Report } from '../../report/report.ts';
import { version } from '../../version.ts';
import type { EvalFigures, HeldFigures, PairFigures } from './figures.ts';
import type { DistillFlags } from './options.ts';
import { MADE_BY } from './plan.ts';
import type { FileReading } from './token-rows.ts';

/** What came of a fit. */
export type Outcome = {
  /** Rows that were fitted: texts, first and second texts of pairs. */
  rows: number;
  texts: number;
  pairs: number;
  /** Rows of the table, and those of tokens that occur in the texts. */
  tokens: number;
  seen_tokens: number;
  dims: number;
  held_out: HeldFigures;
  bitext: PairFigures[];
  evals: EvalFigures[];
  files: FileReading[];
  scripts: string[];
};

/** A run of `embed distill`. */
export type Distilled = Outcome & {
  teacher: { name: string; revision: string | null; hash: string; precision: string | null };
  output: string;
  inputs: string[];
  precision: 'fp32' | 'int8';
  seed: number;
  seconds: number;
};

/** Prints what came of it, and what to do next. */
export async function printDistilled(done: Distilled, { flags, io }: { flags: DistillFlags; io: Io }): Promise<void> {
  const bytes = readdirSync(done.output, { recursive: true, encoding: 'utf8' }).reduce((sum, file) => {
    const stats = statSync(join(done.output, file));
    return sum + (stats.isFile() ? stats.size : 0);
  }, 0);
  if (flags.format === 'json') {
    const { bitext, evals, files, ...summary } = done;
    type Record = { kind: string } & Partial<PairFigures & EvalFigures & FileReading>;
    const records: Record[] = [
      ...files.map((one) => ({ kind: 'file', ...one })),
      ...bitext.map((one) => ({ kind: 'pairs', ...one })),
      ...evals.map((one) => ({ kind: 'eval', ...one })),
    ];
    const report: Report<Record, object> = {
      schema: 'embed.distill/1',
      summary: { ...summary, bytes },
      columns: [],
      groups: async function* () {
        yield records;
      },
      recordsOf: (record) => [known(record)],
    };
    await writeChunks(jsonChunks(report), io.stdout, io);
  } else await writeChunks(linesOf(factLines(factsOf(done, bytes), looksOf(io.stdout).screen)), io.stdout, io);
  if (flags.quiet) return;
  say(io.stderr, `wrote ${done.output} in ${done.seconds.toFixed(1)} s`);
  const text = done.inputs.find((input) => input !== '-' && !/\.npy$/i.test(input));
  say(io.stderr, `next: embed search ${text === undefined ? 'CORPUS' : shellWord(text)} --model ${shellWord(done.output)} YOUR QUESTION`);
}

function factsOf(done: Distilled, bytes: number): [string, string][] {
  const { held_out: held, teacher } = done;
  return [
    ['teacher', `${teacher.name}${teacher.precision === null ? '' : ` (${teacher.precision})`}`],
    ['fitted', `${plural(done.rows, 'row')}: ${plural(done.texts, 'text')}${done.pairs > 0 ? `, ${plural(done.pairs, 'pair')}` : ''}`],
    ['table', `${plural(done.tokens, 'token')}, ${grouped(done.seen_tokens)} of them in the texts, × ${done.dims} dims, ${done.precision}`],
    ['held out', heldInWords(held)],
    ...done.bitext.map(
      ({ file, pairs, firsts, accuracy }) =>
        ['pairs', `${file}: ${percent(accuracy)} of ${plural(pairs, 'text')} find their own among ${grouped(firsts)}`] as [string, string],
    ),
    ...done.evals.map(
      ({ file, pairs, before, after }) =>
        ['Spearman', `${file}: teacher ${before.toFixed(4)}, student ${after.toFixed(4)} (${plural(pairs, 'pair')})`] as [string, string],
    ),
    ['size', `${(bytes / 1e6).toFixed(1)} MB`],
  ];
}

function heldInWords({ texts, mean_cosine: cosine, recall_at_10: recall }: HeldFigures): string {
  if (cosine === null) return 'nothing: there are fewer than a hundred texts';
  const neighbours = recall === null ? '' : `, ${percent(recall)} of the 10 nearest`;
  return `${plural(texts, 'text')}: mean cosine ${cosine.toFixed(4)} to the teacher${neighbours}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** build.json: what `embed` knows of a model beyond what its folder's form has a place for. */
export function buildOf(done: Distilled): object {
  const { precision, scripts, teacher, seed, rows, texts, pairs, held_out, bitext, evals, files } = done;
  return {
    made_by: MADE_BY,
    tool: `embed ${version()}`,
    precision,
    scripts,
    teacher,
    seed,
    rows,
    texts,
    pairs,
    files,
    figures: { held_out, bitext, evals },
  };
}

/** The model card. */
export function cardOf(done: Distilled): string {
  const { teacher, dims, tokens, held_out: held } = done;
  const name = basename(resolve(done.output));
  const source = teacher.revision === null ? teacher.name : `${teacher.name} (${teacher.revision})`;
  return `---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags:
- sentence-transformers
- static-embeddings
---

# ${name}

A static model: one vector of ${dims} numbers for each of ${grouped(tokens)} tokens; the vector of a text is the sum of its tokens' vectors at unit
length. Fitted by \`embed distill\` (${version()}) to ${source}.

\`\`\`python
from sentence_transformers import SentenceTransformer

vectors = SentenceTransformer("${name}").encode(["a text"])
\`\`\`

| made from | rows | tokens | unknown tokens |
|---|---:|---:|---:|
${done.files.map(({ file, rows, tokens, unknown }) => `| ${cell(file)} | ${grouped(rows)} | ${grouped(tokens)} | ${percent(unknown / (tokens || 1))} |`).join('\n')}

| measured on | figure |
|---|---:|
${figureRows(done, held).join('\n')}

Seed ${done.seed}; texts that figures are measured on were not fitted. Scripts: ${done.scripts.join(', ') || 'none'}.
`;
}

function figureRows({ bitext, evals }: Distilled, held: HeldFigures): string[] {
  return [
    ...(held.mean_cosine === null
      ? []
      : [`| ${grouped(held.texts)} held-out texts: mean cosine to the teacher | ${held.mean_cosine.toFixed(4)} |`]),
    ...(held.recall_at_10 === null ? [] : [`| the same: share of the teacher's 10 nearest | ${percent(held.recall_at_10)} |`]),
    ...bitext.map(
      ({ file, pairs, firsts, accuracy }) =>
        `| ${cell(file)}: ${grouped(pairs)} held-out texts find their own among ${grouped(firsts)} | ${percent(accuracy)} |`,
    ),
    ...evals.map(({ file, before, after }) => `| ${cell(file)}: Spearman, teacher ${before.toFixed(4)} | ${after.toFixed(4)} |`),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
