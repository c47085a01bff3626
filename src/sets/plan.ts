import { resolve } from 'node:path';
import { runtimeVersion } from '../engine/runtime.ts';
import { EmbedError } from '../errors.ts';
import { baseName } from '../input/formats.ts';
import type { Model } from '../model/model.ts';
import { version } from '../version.ts';
import { corpusOptions, type EncodeFlags } from './flags.ts';
import { labelOf, type Input } from './input.ts';
import type { Identity, PlannedFile } from './sink.ts';
import { SINKS } from './sinks.ts';

/** The files that a run of `embed encode` reads and writes; `output` is "-" for standard output. */
export type Plan = { form: string; output: string; files: PlannedFile[] };

/** Decides, before anything is opened, what is read and what is written. Throws an EmbedError for an output that cannot be. */
export function planEncode(inputs: readonly Input[], flags: EncodeFlags, { terminal }: { terminal: boolean }): Plan {
  const set = inputs.find(({ kind }) => kind === 'set');
  if (set) {
    throw new EmbedError(`Cannot encode ${set.name}: it holds vectors already`, { hint: 'Give the text they were made from' });
  }
  const [first] = inputs;
  if (inputs.length > 1 && flags.output === undefined) {
    throw new EmbedError(`Cannot name the output after ${inputs.length} inputs`, { hint: 'Name it with -o, for example -o corpus.npy' });
  }
  const output = flags.output ?? (first!.kind === 'pipe' ? '-' : `${baseName(first!.path)}.npy`);
  const sink = SINKS.find(({ takes }) => takes(output));
  if (!sink) {
    throw new EmbedError(`Cannot write ${output}: its suffix does not name a known format`, {
      hint: `Name a file that ends in ${SINKS.map(({ suffix }) => suffix).join(' or ')}, or - for JSONL on standard output`,
    });
  }
  if (output === '-' && terminal) {
    throw new EmbedError('Cannot print vectors to a terminal: a row is hundreds of numbers', {
      hint: 'Name a file with -o, for example -o corpus.npy, or pipe the output',
    });
  }
  const written = sink.filesOf(output);
  const read = [
    ...inputs.filter(({ kind }) => kind !== 'pipe').map(({ path }) => path),
    ...(flags.calibrate === undefined ? [] : [flags.calibrate]),
  ];
  if (output !== '-' && written.some((path) => read.some((input) => resolve(path) === resolve(input)))) {
    throw new EmbedError(`Cannot write ${output}: that would replace the input`, { hint: 'Name another file with -o' });
  }
  const files = inputs.map((input) => ({
    path: input.path,
    options: corpusOptions(flags, {
      format: input.kind === 'set' ? 'lines' : input.format,
      label: labelOf(input, output === '-' ? 'x' : output),
    }),
  }));
  return { form: sink.form, output, files };
}

/** Everything but the input that decides the bytes of the output. */
export function identityOf({ files, form }: Plan, model: Model, { prompt, text }: { prompt: string | undefined; text: boolean }): Identity {
  // all files share the other options; the largest record changes no byte of what is read
  const { label: _, format: __, maxRecordSize: ___, html, ...shared } = files[0]!.options;
  return {
    format: 1,
    tool: `embed ${version()}`,
    runtime: `onnxruntime-node ${runtimeVersion()}`,
    model: {
      name: model.name,
      hash: model.hash,
      revision: model.revision,
      pooling: model.pooling,
      normalized: model.normalized,
      prompts: model.prompts,
      prompt: prompt ?? null,
      maxTokens: Number.isFinite(model.maxTokens) ? model.maxTokens : null,
      precision: model.precision,
      base: model.base ?? null,
    },
    options: {
      ...shared,
      // markup that is kept is read as if nothing had been said
      ...(html === 'strip' ? { html } : {}),
      files: files.map(({ options }) => ({ label: options.label, format: options.format })),
      form,
      text,
      dims: model.dims,
    },
  };
}
