/**
 * The rooms of src and the doors of its packages. The linter's config (oxlint.config.js) and test/house.test.ts read these two tables.
 */

/** Rooms from the top down. A file imports from its own room and from rooms below it, never from the same line or above. */
export const LAYERS = [
  ['process.ts'],
  ['main.ts', 'index.ts'],
  ['library/'],
  ['commands/'],
  ['sets/'],
  ['progress.ts'],
  ['input/', 'model/', 'analysis/', 'report/'],
  ['engine/'],
  ['vectors/'],
  ['files/', 'threads/'],
  ['io.ts'],
  ['schema.ts'],
  ['system-errors.ts'],
  ['text.ts', 'errors.ts', 'version.ts'],
];

/** The only place that imports a package: a file, or a room. */
export const DOORS = {
  '@bomb.sh/tab/commander': 'commands/completion.ts',
  '@huggingface/hub': 'model/hub/hub.ts',
  '@huggingface/tokenizers': 'model/tokenizer/tokenizer.ts',
  'cli-progress': 'progress.ts',
  commander: ['main.ts', 'commands/'],
  'csv-stringify/sync': 'report/csv.ts',
  'eld/extrasmall': 'model/reading/languages.ts',
  'ml-kmeans': 'analysis/clusters/ml-kmeans.ts',
  'onnxruntime-node': 'engine/runtime.ts',
  picocolors: 'report/cells.ts',
  stopword: 'analysis/clusters/stop-words.ts',
  'stopwords-iso': 'analysis/clusters/stop-words.ts',
  'string-width': 'report/cells.ts',
  valibot: 'schema.ts',
};
