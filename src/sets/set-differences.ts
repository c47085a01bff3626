import type { Identity } from './sink.ts';

/** How the model of a set differs from the model of a run, in words; none where its vectors are those of the run. */
export function modelDifferences(set: Identity, run: Identity): string[] {
  const [ours, theirs] = [set.model, run.model];
  const [dims, theirDims] = [set.options.dims, run.options.dims];
  if (dims === theirDims && JSON.stringify(ours) === JSON.stringify(theirs)) return [];
  if (!ours || ours.name !== theirs?.name) return [`model ${ours?.name ?? 'unknown'}`];
  const differences = [
    ...(ours.precision === theirs.precision ? [] : [`precision ${ours.precision}`]),
    ...(ours.pooling === theirs.pooling ? [] : [`pooling ${ours.pooling}`]),
    ...(ours.prompt === theirs.prompt ? [] : [ours.prompt ? `prompt ${JSON.stringify(ours.prompt)}` : 'no prompt']),
    ...(dims === theirDims ? [] : [`${String(dims)} dims`]),
  ];
  return differences.length > 0 ? differences : [`other files of the model ${ours.name}`];
}

/** How the rows of a set were read otherwise than a run reads them, in words; undefined where they were read alike. */
export function readingDifference(set: Identity, run: Identity): string | undefined {
  const [{ dims: _, ...ours }, { dims: __, ...theirs }] = [set.options, run.options];
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return undefined;
  if (ours.subset !== undefined) return 'it holds only some of the rows';
  const words = OPTIONS.flatMap(([name, valueOf]) => {
    const [value, other] = [ours, theirs].map(valueOf);
    if (value === other) return [];
    return [value === undefined ? `without ${name}` : value === '' ? `with ${name}` : `with ${name} ${value}`];
  });
  return `it was made ${words.length > 0 ? words.join(', ') : 'with other options'}`;
}

type Options = Identity['options'];

/** The options that decide how rows are read, each as it is typed: undefined where it is left out, '' for one without a value. */
const OPTIONS: readonly (readonly [name: string, valueOf: (options: Options) => string | undefined])[] = [
  ['--input-format', ({ files }) => listOf(files, (file) => (file as { format?: unknown } | null)?.format)],
  ['--text-column', ({ textColumns }) => listOf(textColumns)],
  ['--id-column', ({ idColumn }) => wordOf(idColumn)],
  ['--columns', ({ columns }) => (columns === 'all' ? undefined : (listOf(columns) ?? 'none'))],
  ['--delimiter', ({ delimiter }) => wordOf(delimiter)],
  ['--no-header', ({ header }) => (header === false ? '' : undefined)],
  ['--encoding', ({ encoding }) => wordOf(encoding)],
  ['--html', ({ html }) => wordOf(html)],
  ['--records', ({ records }) => wordOf(records)],
  ['--no-text', ({ text }) => (text === false ? '' : undefined)],
];

function listOf(values: unknown, valueOf = (value: unknown): unknown => value): string | undefined {
  if (!Array.isArray(values) || values.length === 0) return undefined;
  return values.map((value) => wordOf(valueOf(value)) ?? '').join(', ');
}

function wordOf(value: unknown): string | undefined {
  return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
}
