import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { seededRandom } from './seeded.ts';

/** Lines that are written in one piece. */
const LINES_PER_WRITE = 10_000;

/** Earlier lines of which some come again. */
const REMEMBERED = 1000;

/**
 * Writes lines of 3 to 56 English words, half of them up to 10, from the vocabulary of minilm; the word of rank r comes up in proportion
 * to 1 / r. One word in ten is a number, a plural or a compound, so that new words never cease: caches of words fill. One line in 50 is an
 * earlier one, and one in 50 an earlier one with another end. The first lines of a longer file are those of a shorter one.
 */
export function writeMadeTexts(path: string, rows: number): void {
  const random = seededRandom(7);
  const vocabulary = wordsOf('models/minilm/tokenizer.json');
  const below = (end: number): number => Math.floor(random() * end);
  const common = (): string => vocabulary[Math.floor(vocabulary.length ** random()) - 1]!;
  const word = (): string => {
    const kind = random();
    if (kind < 0.03) return String(below(1_000_000));
    if (kind < 0.06) return common() + common();
    return kind < 0.1 ? `${common()}s` : common();
  };
  const earlier: string[] = [];
  const line = (): string => {
    const kind = random();
    if (kind < 0.04 && earlier.length > 0) {
      const repeated = earlier[below(earlier.length)]!;
      return kind < 0.02 ? repeated : `${repeated} ${word()}`;
    }
    const fresh = Array.from({ length: 3 + Math.floor(random() ** 3 * 54) }, word).join(' ');
    earlier[earlier.length < REMEMBERED ? earlier.length : below(REMEMBERED)] = fresh;
    return fresh;
  };
  const descriptor = openSync(path, 'w');
  try {
    for (let done = 0; done < rows; done += LINES_PER_WRITE) {
      const count = Math.min(LINES_PER_WRITE, rows - done);
      writeSync(descriptor, Array.from({ length: count }, () => `${line()}\n`).join(''));
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The whole words of a WordPiece vocabulary, in its order. */
function wordsOf(path: string): string[] {
  const { model } = JSON.parse(readFileSync(path, 'utf8')) as { model: { vocab: Record<string, number> } };
  return Object.keys(model.vocab).filter((token) => /^[a-z]{2,}$/.test(token));
}
