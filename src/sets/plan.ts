import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { runtimeVersion } from '../engine/runtime.ts';
import { CliError } from '../errors.ts';
import { hashFile } from '../files/disk.ts';
import type { CorpusOptions } from '../input/corpus.ts';
import { baseName, formatOf } from '../input/formats.ts';
import { fileSize } from '../input/source.ts';
import type { Model } from '../model/model.ts';
import { foreignFile, manifestPath, readManifest, setPaths, type Manifest } from '../vectors/manifest.ts';
import { version } from '../version.ts';
import { corpusOptions, type EncodeFlags } from './flags.ts';

/** What a run of `embed encode` reads and writes. */
export type SetPlan = { form: 'set'; npyPath: string; files: PlannedFile[] };
export type JsonlPlan = { form: 'jsonl'; path: string; files: PlannedFile[] };
export type Plan = SetPlan | JsonlPlan;

/** A file of the corpus and how it is read. */
export type PlannedFile = { path: string; options: CorpusOptions };

export type Identity = Pick<Manifest, 'format' | 'tool' | 'runtime' | 'model' | 'options'>;

/** Decides, before anything is opened, what is read and what is written. */
export function planEncode(inputs: readonly string[], flags: EncodeFlags, { terminal }: { terminal: boolean }): Plan {
  for (const input of inputs) assertInput(input, inputs);
  const [first = '-'] = inputs;
  const formats = inputs.map((input) => flags.inputFormat ?? formatOf(input));
  if (inputs.length > 1 && flags.output === undefined) {
    throw new CliError(`Cannot name the output after ${inputs.length} inputs`, { hint: 'Name it with -o, for example -o corpus.npy' });
  }
  const output = flags.output ?? (first === '-' ? '-' : `${baseName(first)}.npy`);
  const form = /\.npy$/i.test(output) ? 'set' : output === '-' || /\.(jsonl|ndjson)$/i.test(output) ? 'jsonl' : undefined;
  if (!form) {
    throw new CliError(`Cannot write ${output}: its form is not known from its name`, {
      hint: 'Name a file that ends in .npy or .jsonl, or - for JSONL on standard output',
    });
  }
  if (output === '-' && terminal) {
    throw new CliError('Cannot print vectors to a terminal: a row is hundreds of numbers', {
      hint: 'Name a file with -o, for example -o corpus.npy, or pipe the output on',
    });
  }
  const written = form === 'set' ? Object.values(setPaths(output)) : [output];
  const read = [...inputs.filter((input) => input !== '-'), ...(flags.calibrate === undefined ? [] : [flags.calibrate])];
  if (output !== '-' && written.some((path) => read.some((input) => resolve(path) === resolve(input)))) {
    throw new CliError(`Cannot write ${output}: that would replace the input`, { hint: 'Name another file with -o' });
  }
  const files = inputs.map((path, at) => ({
    path,
    options: corpusOptions(flags, {
      format: formats[at]!,
      label: path === '-' ? 'stdin' : manifestPath(path, output === '-' ? 'x' : output),
    }),
  }));
  return form === 'set' ? { form, npyPath: output, files } : { form, path: output, files };
}

function assertInput(input: string, inputs: readonly string[]): void {
  if (input === '-') {
    if (inputs.length === 1) return;
    throw new CliError('Cannot read standard input together with files', { hint: 'Put it into a file, or join them all in the pipe' });
  }
  if (/\.(rows\.jsonl|manifest\.json)$/.test(input)) {
    throw new CliError(`Cannot encode ${input}: it is part of a vector set`, { hint: 'Give the text it was made from' });
  }
  if (inputs.filter((other) => resolve(other) === resolve(input)).length > 1) {
    throw new CliError(`Cannot encode ${input} twice in one corpus: its rows would have the same ids`, { hint: 'Name it once' });
  }
  // a file that is not there has no format to complain of
  fileSize(input);
}

/** Everything but the input that decides the bytes of the output. */
export function identityOf({ files, form }: Plan, model: Model, { prompt, text }: { prompt: string | undefined; text: boolean }): Identity {
  // what is read alike in all files, and what is not
  const { label: _, format: __, ...shared } = files[0]!.options;
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
      files: files.map(({ options }) => ({ label: options.label, format: options.format })),
      form,
      text,
      dims: model.dims,
    },
  };
}

/** Whether the set at `npyPath` is what this run would write. */
export async function isUpToDate(
  npyPath: string,
  files: readonly PlannedFile[],
  identity: Identity,
  signal: AbortSignal,
): Promise<boolean> {
  const manifest = readManifest(npyPath);
  if (!manifest || manifest.inputs.length !== files.length) return false;
  const { format, tool, runtime, model, options } = manifest;
  if (JSON.stringify({ format, tool, runtime, model, options }) !== JSON.stringify(identity)) return false;
  if (foreignFile(manifest, npyPath) !== undefined) return false;
  for (const [at, { path }] of files.entries()) {
    const stamp = manifest.inputs[at]!;
    const bytes = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false })?.size;
    if (stamp.path !== manifestPath(path, npyPath) || stamp.bytes !== bytes || stamp.hash !== (await hashFile(path, signal))) return false;
  }
  return true;
}
