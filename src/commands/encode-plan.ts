import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { runtimeVersion } from '../engine/runtime.ts';
import { CliError } from '../errors.ts';
import { baseName, formatOf, type CorpusOptions } from '../input/corpus.ts';
import { fileSize } from '../input/source.ts';
import { hashFile } from '../io.ts';
import type { Model } from '../model/folder.ts';
import { foreignFile, manifestPath, readManifest, setPaths, type Manifest } from '../vectors/manifest.ts';
import { version } from '../version.ts';
import type { EncodeFlags } from './encode.ts';

/** What a run of `embed encode` reads and writes. */
export type SetPlan = { form: 'set'; npyPath: string; corpus: CorpusOptions };
export type JsonlPlan = { form: 'jsonl'; path: string; corpus: CorpusOptions };
export type Plan = SetPlan | JsonlPlan;

export type Identity = Pick<Manifest, 'format' | 'tool' | 'runtime' | 'model' | 'options'>;

/** Decides, before anything is opened, what is read and what is written. */
export function planEncode(input: string, flags: EncodeFlags, { terminal }: { terminal: boolean }): Plan {
  if (input !== '-' && /\.(rows\.jsonl|manifest\.json)$/.test(input)) {
    throw new CliError(`Cannot encode ${input}: it is part of a vector set`, { hint: 'Give the text it was made from' });
  }
  // a file that is not there has no format to complain of
  if (input !== '-') fileSize(input);
  const format = flags.inputFormat ?? formatOf(input);
  const output = flags.output ?? (input === '-' ? '-' : `${baseName(input)}.npy`);
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
  if (input !== '-' && output !== '-' && written.some((path) => resolve(path) === resolve(input))) {
    throw new CliError(`Cannot write ${output}: that would replace the input`, { hint: 'Name another file with -o' });
  }
  const corpus: CorpusOptions = {
    format,
    label: input === '-' ? 'stdin' : manifestPath(input, output === '-' ? 'x' : output),
    textColumns: flags.textColumn,
    idColumn: flags.idColumn,
    columns: flags.columns,
    delimiter: flags.delimiter,
    header: flags.header,
    encoding: flags.encoding,
  };
  return form === 'set' ? { form, npyPath: output, corpus } : { form, path: output, corpus };
}

/** Everything but the input that decides the bytes of the output. */
export function identityOf(
  { corpus, form }: Plan,
  model: Model,
  { prompt, text }: { prompt: string | undefined; text: boolean },
): Identity {
  return {
    format: 1,
    tool: `embed ${version()}`,
    runtime: `onnxruntime-node ${runtimeVersion()}`,
    model: {
      name: model.name,
      hash: model.hash,
      revision: model.build.revision ?? null,
      pooling: model.pooling,
      normalized: model.normalized,
      prompts: model.prompts,
      prompt: prompt ?? null,
      maxTokens: model.maxTokens,
      precision: model.build.precision ?? null,
    },
    options: { ...corpus, form, text },
  };
}

/** Whether the set at `npyPath` is what this run would write. */
export async function isUpToDate(npyPath: string, input: string, identity: Identity, signal: AbortSignal): Promise<boolean> {
  const manifest = readManifest(npyPath);
  const stamp = manifest?.inputs[0];
  if (!manifest || !stamp || input === '-' || manifest.inputs.length !== 1) return false;
  const { format, tool, runtime, model, options } = manifest;
  if (JSON.stringify({ format, tool, runtime, model, options }) !== JSON.stringify(identity)) return false;
  const size = statSync(input, { throwIfNoEntry: false })?.size;
  return (
    stamp.path === manifestPath(input, npyPath) &&
    stamp.bytes === size &&
    foreignFile(manifest, npyPath) === undefined &&
    stamp.hash === (await hashFile(input, signal))
  );
}
