import { shortened } from '../../text.ts';
import { bytePairs } from './byte-pairs.ts';
import { assertIds } from './check.ts';
import type { StepConfig } from './normalizers.ts';
import { idOfPiece } from './piece-trie.ts';
import { typeOf, type Subwords } from './pieces.ts';
import { scoredPieces, unigram } from './unigram.ts';

/** The model of tokenizer.json: pieces → ids, and the id of unknown text. */
export type Vocabulary = { subwords: Subwords; idOf: (token: string) => number | undefined; unknownId: number | undefined };

/** The library's search for the longest words of a WordPiece vocabulary. */
export type WordPieceSearch = (config: StepConfig) => (piece: string) => string[];

/**
 * Opens the model as the reference applies it. The parts where the library differs are written here: the sums by which a Unigram chooses
 * words, merges by the ids of characters, and unknown characters within a piece, which become bytes or one unknown token.
 *
 * @throws an Error that names the type or setting that is not supported
 */
export function openVocabulary(config: StepConfig, wordPiece: WordPieceSearch): Vocabulary {
  const type = typeOf(config);
  if (!['WordPiece', 'BPE', 'Unigram', 'WordLevel'].includes(type)) throw new Error(`the model "${shortened(type)}" is not supported`);
  const scored = type === 'Unigram' ? scoredPieces(config) : undefined;
  const ids = new Map<string, number>(scored ? [] : Object.entries(config['vocab'] as Record<string, number>));
  assertIds(ids);
  const idOf = (token: string): number | undefined => (scored ? idOfPiece(scored.trie, token) : ids.get(token));
  const name = config['unk_token'] as string | null | undefined;
  const unknownId = type === 'Unigram' ? ((config['unk_id'] as number | null | undefined) ?? undefined) : name ? idOf(name) : undefined;
  if (unknownId === undefined && (type !== 'BPE' || name)) {
    throw new Error('its vocabulary has no token for unknown text');
  }
  const dropout = config['dropout'];
  if (typeof dropout === 'number' && dropout > 0) throw new Error('a "dropout" of its merges would give other tokens every time');
  const shared = { idOf, unknownId, bytesOf: config['byte_fallback'] === true ? byteIds(idOf) : () => undefined };
  if (type === 'WordLevel') return { ...shared, subwords: (piece) => [idOf(piece) ?? unknownId!] };
  // no cache: it is as fast as a lookup
  if (scored) return { ...shared, subwords: unigram(scored, shared) };
  if (type === 'BPE') return { ...shared, subwords: remembering(bytePairs(config, shared)) };
  const search = wordPiece(config);
  return { ...shared, subwords: remembering((piece) => search(piece).map((word) => idOf(word) ?? unknownId!)) };
}

/** Text → ids of its UTF-8 bytes; undefined if the vocabulary lacks one of them. */
function byteIds(idOf: (token: string) => number | undefined): (text: string) => number[] | undefined {
  const ofByte = Array.from({ length: 256 }, (_, byte) => idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`));
  return (text) => {
    const ids = Array.from(Buffer.from(text, 'utf8'), (byte) => ofByte[byte]);
    return ids.every((id) => id !== undefined) ? ids : undefined;
  };
}

/** Pieces in the cache, and UTF-16 units per piece: words repeat. */
const MAX_CACHED = 50_000;
const MAX_CACHED_UNITS = 64;

function remembering(subwords: Subwords): Subwords {
  const known = new Map<string, number[]>();
  return (piece) => {
    if (piece.length > MAX_CACHED_UNITS) return subwords(piece);
    let ids = known.get(piece);
    if (ids === undefined) {
      ids = subwords(piece);
      if (known.size > MAX_CACHED) known.clear();
      known.set(piece, ids);
    }
    return ids;
  };
}
