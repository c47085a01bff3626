import { basename, resolve } from 'node:path';
import { grouped, percent } from '../../text.ts';
import { version } from '../../version.ts';
import type { HeldFigures } from './figures.ts';
import type { Distilled } from './outcome.ts';

/** The README of the model. */
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

A static model: one vector of ${dims} numbers for each of ${grouped(tokens)} tokens. The vector of a text is the mean of its tokens' vectors, scaled
to unit length. Fitted by \`embed distill\` (${version()}) to ${source}.

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

Seed ${done.seed}. The held-out texts were never fitted. Scripts: ${done.scripts.join(', ') || 'none'}.
`;
}

function figureRows({ bitext, evals }: Distilled, held: HeldFigures): string[] {
  return [
    ...(held.mean_cosine === null
      ? []
      : [`| ${grouped(held.texts)} held-out texts: mean cosine to the teacher | ${held.mean_cosine.toFixed(4)} |`]),
    ...(held.recall_at_10 === null
      ? []
      : [`| the same texts: share of the teacher's 10 nearest that are found | ${percent(held.recall_at_10)} |`]),
    ...bitext.map(
      ({ file, pairs, firsts, accuracy }) =>
        `| ${cell(file)}: ${grouped(pairs)} held-out translations find their own text among ${grouped(firsts)} | ${percent(accuracy)} |`,
    ),
    ...evals.map(({ file, before, after }) => `| ${cell(file)}: Spearman, teacher ${before.toFixed(4)} | ${after.toFixed(4)} |`),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
