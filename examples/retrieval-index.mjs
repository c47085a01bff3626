#!/usr/bin/env node
/**
 * Index for retrieval: the passages of a corpus that a language model should see with a question.
 *
 *   node examples/retrieval-index.mjs CORPUS QUESTION...
 *   node examples/retrieval-index.mjs recipes.txt how do I cook rice
 *
 * The first run encodes CORPUS into CORPUS.npy, later runs use it: a set that is up to date is not encoded again. Prints JSON.
 */
import { EmbedError, encode, search } from 'corpus-embed';

const [corpus, ...words] = process.argv.slice(2);
if (corpus === undefined || words.length === 0) {
  console.error('usage: node examples/retrieval-index.mjs CORPUS QUESTION...');
  process.exit(2);
}
const question = words.join(' ');

try {
  const set = await encode(corpus, { output: `${corpus}.npy`, model: 'multilingual', onNote: (note) => console.error(note) });
  const { results } = await search(set, [question], { top: 3 });
  const passages = results.map(({ id, cosine, text }) => ({ id, cosine, text }));
  console.log(JSON.stringify({ question, passages }, null, 2));
} catch (error) {
  if (!(error instanceof EmbedError)) throw error;
  console.error(error.hint ? `${error.message}\n${error.hint}` : error.message);
  process.exitCode = 2;
}
