import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Model, StaticEmbedding } from '../../model/model.ts';
import { looksOf } from '../../report/cells.ts';
import { factLines } from '../../report/models.ts';
import { linesOf, tableChunks, writeChunks } from '../../report/report-files.ts';
import type { Report } from '../../report/report.ts';
import { openModel } from '../../sets/open-model.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, megabytes } from '../../text.ts';
import type { ShowFlags } from './flags.ts';

/** `embed models show`: what was read from the files of a model. */
export async function showModel(name: string, flags: ShowFlags, run: Run): Promise<number> {
  const model = await openModel({ ...flags, model: name }, run);
  if (flags.format !== 'json') {
    await writeChunks(linesOf(factLines(textFacts(model), looksOf(run.stdout).screen)), run.stdout, run);
    return 0;
  }
  const facts = factsOf(model);
  const report: Report<typeof facts, object> = {
    schema: 'embed.model/1',
    summary: { model: model.name },
    columns: Object.keys(facts),
    groups: async function* () {
      yield [facts];
    },
    recordsOf: (one) => [one],
  };
  await writeChunks(tableChunks(report, 'json'), run.stdout, run);
  return 0;
}

/** What JSON says of a model. */
function factsOf(model: Model): Record<string, unknown> {
  const { transformer, tokenizer } = model;
  return {
    model: model.name,
    folder: model.folder,
    revision: model.revision,
    hash: model.hash,
    architecture: model.architecture,
    runs: transformer.kind,
    files: filesOf(model),
    why: transformer.why,
    precision: model.precision,
    fidelity: model.fidelity ?? null,
    dims: model.dims,
    normalized: model.normalized,
    limit: Number.isFinite(model.maxTokens) ? model.maxTokens : null,
    pooling: model.pooling,
    include_prompt: model.includePrompt,
    modules: modulesOf(model),
    prompts: model.prompts,
    document_prompt: model.documentPrompt ?? null,
    query_prompt: model.queryPrompt ?? null,
    default_prompt: model.defaultPrompt ?? null,
    tokenizer: tokenizerOf(tokenizer.json).type,
    vocabulary: tokenizerOf(tokenizer.json).tokens,
    scripts: model.build.scripts ?? null,
  };
}

/** What is shown of a model on a screen. */
function textFacts(model: Model): [string, string][] {
  const { transformer, fidelity } = model;
  const { type, tokens } = tokenizerOf(model.tokenizer.json);
  const bytes = [...filesOf(model)].reduce((sum, file) => sum + statSync(resolve(model.folder, file)).size, 0);
  const prompts = Object.entries(model.prompts)
    .filter(([, text]) => text !== '')
    .map(([name, text]) => {
      const uses = [
        name === model.documentPrompt ? 'documents' : '',
        name === model.queryPrompt ? 'queries' : '',
        name === model.defaultPrompt ? 'by default' : '',
      ].filter(Boolean);
      return ['prompt', `${name} ${JSON.stringify(text)}${uses.length > 0 ? ` (${uses.join(', ')})` : ''}`] as [string, string];
    });
  return [
    ['model', model.name],
    ['folder', model.folder],
    ...(model.revision === null ? [] : [['revision', model.revision] as [string, string]]),
    ['architecture', model.architecture],
    ['runs', `${WHAT_RUNS[transformer.kind]}${filesOf(model).join(', ')} (${megabytes(bytes)}): ${transformer.why}`],
    ['precision', model.precision ?? 'as in the ONNX file'],
    ...(fidelity
      ? [
          [
            'fidelity',
            `mean cosine ${fidelity.meanCosine.toFixed(4)} to float32, worst ${fidelity.worstCosine.toFixed(4)}, of ${fidelity.texts} texts`,
          ] as [string, string],
        ]
      : []),
    ['dims', `${model.dims}${model.normalized ? ', of unit length' : ''}`],
    ['limit', limitOf(model)],
    ['modules', modulesOf(model).join(' → ')],
    ...(prompts.length > 0 ? prompts : [['prompts', 'none'] as [string, string]]),
    ...(model.includePrompt ? [] : [['', 'tokens of a prompt do not count in pooling'] as [string, string]]),
    ['tokenizer', `${type}, ${grouped(tokens)} tokens`],
    ...(model.build.scripts ? [['scripts', model.build.scripts.join(', ')] as [string, string]] : []),
    ['hash', model.hash],
  ];
}

const WHAT_RUNS: Readonly<Record<Model['transformer']['kind'], string>> = {
  onnx: '',
  weights: 'a graph built from ',
  static: 'no graph, the rows of ',
};

function limitOf({ maxTokens, transformer }: Model): string {
  if (!Number.isFinite(maxTokens)) return 'none: every token of a text counts';
  if (transformer.kind !== 'static') return `${grouped(maxTokens)} tokens, prompt and special tokens included`;
  const chars = Number.isFinite(transformer.maxChars) ? `, and ${grouped(transformer.maxChars)} characters` : '';
  return `${grouped(maxTokens)} tokens${chars}, prompt included`;
}

/** The files that are run, within the model's folder; of a graph in the cache, its path. */
function filesOf({ transformer, folder }: Model): string[] {
  const paths = transformer.kind === 'weights' ? transformer.files : [transformer.path];
  return paths.map((path) => {
    const within = relative(folder, path);
    return within.startsWith('..') ? path : within;
  });
}

function modulesOf({ head, pooling, transformer }: Model): string[] {
  const { kind } = transformer;
  return [
    ...(kind === 'static' ? [tableInWords(transformer)] : ['Transformer', `Pooling ${pooling}`]),
    ...head.steps.map((step) => {
      if (step.kind === 'dense') return `Dense ${step.inputs} to ${step.outputs} ${step.activation}`;
      if (step.kind === 'cut') return `first ${step.dims} numbers`;
      return step.kind === 'normalize' ? 'Normalize' : 'LayerNorm';
    }),
  ];
}

function tableInWords({ table, reference }: StaticEmbedding): string {
  return `StaticEmbedding ${table.rows} × ${table.dims} ${table.precision}, as in ${reference}`;
}

function tokenizerOf(json: object): { type: string; tokens: number } {
  const { model } = json as { model?: { type?: string; vocab?: object } };
  const { type = 'not named', vocab = {} } = model ?? {};
  return { type, tokens: Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length };
}
