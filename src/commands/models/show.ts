import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Model, StaticEmbedding } from '../../model/model.ts';
import type { Look } from '../../report/cells.ts';
import { factLines } from '../../report/models.ts';
import { printResult } from '../../report/print.ts';
import { REFERENCE } from '../../model/tokenizer/classes.ts';
import { openModel } from '../../sets/open-model.ts';
import type { Run } from '../../sets/run.ts';
import { grouped, megabytes } from '../../text.ts';
import type { ShowFlags } from './flags.ts';

/** `embed models show`: what was read from the files of a model. */
export async function showModel(name: string, flags: ShowFlags, run: Run): Promise<number> {
  const model = await openModel({ ...flags, model: name }, run);
  const lines = (look: Look): string[] => factLines(textFacts(model), look);
  await printResult({ schema: 'embed.model/1', summary: { model: model.name }, records: [factsOf(model)], lines }, { format: flags.format, io: run });
  return 0;
}

/** The record of a model in JSON. */
function factsOf(model: Model): Record<string, unknown> {
  const { runs, tokenizer } = model;
  return {
    model: model.name,
    folder: model.folder,
    revision: model.revision,
    hash: model.hash,
    architecture: model.architecture,
    runs: runs.kind,
    files: filesOf(model),
    why: runs.why,
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
    tokenizer_class: tokenizer.readAs?.name ?? null,
    tokenizer_reference: tokenizer.readAs === undefined ? null : REFERENCE,
    tokenizer_overrides: tokenizer.readAs?.overrides ?? [],
    vocabulary: tokenizerOf(tokenizer.json).tokens,
    scripts: model.build.scripts ?? null,
    notes: (model.notes ?? []).map((note) => note.replace(/^note: /, '')),
  };
}

type Fact = [name: string, value: string];

/** The facts that are shown on a screen. */
function textFacts(model: Model): Fact[] {
  const { runs, fidelity } = model;
  const { type, tokens } = tokenizerOf(model.tokenizer.json);
  const bytes = filesOf(model).reduce((sum, file) => sum + statSync(resolve(model.folder, file)).size, 0);
  const facts: (Fact | undefined)[] = [
    ['model', model.name],
    ['folder', model.folder],
    model.revision === null ? undefined : ['revision', model.revision],
    ['architecture', model.architecture],
    ['runs', `${WHAT_RUNS[runs.kind]}${filesOf(model).join(', ')} (${megabytes(bytes)}): ${runs.why}${unusedIn(runs)}`],
    runs.kind === 'onnx' && runs.alone !== undefined ? ['batches', `one text each: ${runs.alone}`] : undefined,
    ['precision', model.precision ?? 'as in the ONNX file'],
    fidelity && [
      'fidelity',
      `mean cosine ${fidelity.meanCosine.toFixed(4)} to float32, worst ${fidelity.worstCosine.toFixed(4)}, of ${fidelity.texts} texts`,
    ],
    ['dims', `${model.dims}${model.normalized ? ', of unit length' : ''}`],
    ['limit', limitOf(model)],
    ['modules', modulesOf(model).join(' → ')],
    ...promptFacts(model),
    model.includePrompt ? undefined : ['', 'tokens of a prompt are left out of pooling'],
    ['tokenizer', `${type}, ${grouped(tokens)} tokens`],
    ...classFacts(model.tokenizer),
    model.build.scripts && ['scripts', model.build.scripts.join(', ')],
    ['hash', model.hash],
  ];
  return facts.filter((fact) => fact !== undefined);
}

/** How tokenizer.json is read, and what overrides it. A static model reads it as it stands. */
function classFacts({ readAs }: Model['tokenizer']): Fact[] {
  if (readAs === undefined) return [];
  const { name, overrides } = readAs;
  const overridden: Fact[] = overrides.length > 0 ? [['', `its settings override tokenizer.json: ${overrides.join('; ')}`]] : [];
  return [['', `read by ${name}, as in ${REFERENCE}`], ...overridden];
}

function promptFacts({ prompts, documentPrompt, queryPrompt, defaultPrompt }: Model): Fact[] {
  const facts = Object.entries(prompts)
    .filter(([, text]) => text !== '')
    .map(([name, text]): Fact => {
      const uses = [
        name === documentPrompt ? 'documents' : '',
        name === queryPrompt ? 'queries' : '',
        name === defaultPrompt ? 'by default' : '',
      ].filter(Boolean);
      return ['prompt', `${name} ${JSON.stringify(text)}${uses.length > 0 ? ` (${uses.join(', ')})` : ''}`];
    });
  return facts.length > 0 ? facts : [['prompts', 'none']];
}

const WHAT_RUNS: Readonly<Record<Model['runs']['kind'], string>> = {
  onnx: '',
  weights: 'a graph built from ',
  static: 'no graph, the rows of ',
  custom: '',
};

/** The ONNX files that could be meant as well. */
function unusedIn(runs: Model['runs']): string {
  return runs.kind === 'onnx' && runs.unused ? `; not used: ${runs.unused.join(', ')}` : '';
}

function limitOf({ maxTokens, askedTokens, tokenizer: { bare, maxChars = Infinity } }: Model): string {
  if (!Number.isFinite(maxTokens)) return 'none: every token of a text counts';
  if (!bare) {
    const asked = askedTokens === undefined ? '' : `; max_seq_length is ${grouped(askedTokens)}, but it has no more positions`;
    return `${grouped(maxTokens)} tokens, prompt and special tokens included${asked}`;
  }
  const chars = Number.isFinite(maxChars) ? `, and ${grouped(maxChars)} characters` : '';
  return `${grouped(maxTokens)} tokens${chars}, prompt included`;
}

/** The files that are run: their paths in the model's folder, or the path of a graph in the cache. */
function filesOf({ runs, folder }: Model): string[] {
  const paths =
    runs.kind === 'weights' ? [...runs.files, ...(runs.adapter ? [runs.adapter.file] : [])] : runs.kind === 'custom' ? [] : [runs.path];
  return paths.map((path) => {
    const within = relative(folder, path);
    return within.startsWith('..') ? path : within;
  });
}

/** The modules that are applied. A graph that pools by itself has them in it; what they are is only known of graphs that embed has built. */
function modulesOf({ head, pooling, runs, build }: Model): string[] {
  const inGraph = runs.kind === 'onnx' && runs.pooled === true && build.precision === undefined;
  const first = runs.kind === 'static' ? [tableInWords(runs)] : inGraph ? [WITH_POOLING] : ['Transformer', `Pooling ${pooling}`];
  return [
    ...first,
    ...head.steps.flatMap((step) => {
      if (inGraph && step.kind !== 'cut') return [];
      if (step.kind === 'dense') return `Dense ${step.inputs} to ${step.outputs} ${step.activation}`;
      if (step.kind === 'cut') return `first ${step.dims} numbers`;
      return step.kind === 'normalize' ? 'Normalize' : 'LayerNorm';
    }),
  ];
}

const WITH_POOLING = 'Transformer with pooling in its graph, whose output is sentence_embedding';

function tableInWords({ table, reference }: StaticEmbedding): string {
  return `StaticEmbedding ${table.rows} × ${table.dims} ${table.precision}, as in ${reference}`;
}

function tokenizerOf(json: object): { type: string; tokens: number } {
  const { model } = json as { model?: { type?: string; vocab?: object } };
  const { type = 'not named', vocab = {} } = model ?? {};
  return { type, tokens: Array.isArray(vocab) ? vocab.length : Object.keys(vocab).length };
}
