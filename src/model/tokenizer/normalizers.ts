import { EmbedError } from '../../errors.ts';
import { grouped, shortened } from '../../text.ts';
import { charsmapNormalizer } from './charsmap.ts';
import * as unicode from './reference-unicode.ts';

/** A step of tokenizer.json, as it stands there. */
export type StepConfig = Readonly<Record<string, unknown>> & { type?: string };

/** A pattern of tokenizer.json, in the syntax of Oniguruma or as it is written, as a global regular expression of JavaScript. */
export type CompilePattern = (pattern: unknown) => RegExp;

export type Normalize = (text: string) => string;

/**
 * Opens the normaliser, which changes a text before it is split. It works as in the reference: letter by letter where JavaScript looks
 * at the context (a final Σ), and with the reference's classes of white space, marks and control characters.
 *
 * @throws an Error that names the type that is not supported
 */
export function openNormalizer(config: StepConfig | null | undefined, compile: CompilePattern): Normalize {
  if (!config) return (text) => text;
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['normalizers'] as StepConfig[]).map((part) => openNormalizer(part, compile));
      return (text) => steps.reduce((before, step) => step(before), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(config);
    case 'NFC':
      return (text) => text.normalize('NFC');
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return unicodeForm(config.type);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return (text) => text.replace(ACCENTS, '');
    case 'Strip': {
      const ends = [config['strip_left'] && '^\\p{White_Space}+', config['strip_right'] && '\\p{White_Space}+$'].filter(Boolean);
      const pattern = new RegExp(ends.join('|') || '(?!)', 'gu');
      return (text) => text.replace(pattern, '');
    }
    case 'Replace': {
      const pattern = compile(config['pattern']);
      const content = String(config['content']);
      // as a function: "$&" in the content stands for itself
      return (text) => bounded(() => text.replace(pattern, () => content));
    }
    case 'Prepend': {
      const before = String(config['prepend']);
      return (text) => (text === '' ? '' : before + text);
    }
    case 'Precompiled': {
      const charsmap = config['precompiled_charsmap'];
      if (!charsmap) return (text) => text;
      const map = charsmapNormalizer(String(charsmap), MAX_NORMALIZED);
      return (text) => bounded(() => map(text));
    }
    case 'Nmt':
      return (text) => text.replace(NMT_DROPPED, '').replace(NMT_SPACES, ' ');
    case 'ByteLevel':
      return bytesAsLetters;
    default:
      throw new Error(`the normalizer "${shortened(config.type ?? '')}" is not supported`);
  }
}

/** Characters that a text, or a piece of a long one, may become: 64 times as many as a piece has. */
const MAX_NORMALIZED = 1 << 22;

/** A normalised text. Throws an EmbedError where a normaliser makes a text too long. */
function bounded(replace: () => string): string {
  let text: string | undefined;
  try {
    text = replace();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  if (text !== undefined && text.length <= MAX_NORMALIZED) return text;
  throw new EmbedError(`Cannot read a text: the normalizer of tokenizer.json makes more than ${grouped(MAX_NORMALIZED)} characters of it`, {
    hint: 'Use another model: no known one does so',
  });
}

/** The bytes of a text as the letters that stand for them in byte-level vocabularies. */
export function bytesAsLetters(text: string): string {
  if (GRAPHIC.test(text)) return text;
  let letters = '';
  for (const byte of encoder.encode(text)) letters += BYTE_LETTERS[byte]!;
  return letters;
}

const encoder = new TextEncoder();
const GRAPHIC = /^[!-~]*$/;

/** Bytes that are printable Latin-1 characters stand for themselves, the others are numbered from U+0100 on. */
const BYTE_LETTERS: readonly string[] = (() => {
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode((byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae ? byte : others++),
  );
})();

const ACCENTS = new RegExp(`(?![${unicode.KEPT_BY_STRIP_ACCENTS}])[\\p{M}${unicode.STRIPPED_AS_ACCENTS}]`, 'gu');
const BERT_ACCENTS = new RegExp(`(?![${unicode.KEPT_BY_BERT}])[\\p{Mn}${unicode.STRIPPED_BY_BERT}]`, 'gu');
const BERT_CONTROL = new RegExp(`(?![\\t\\n\\r${unicode.NOT_CONTROL}])[\\p{Cc}\\p{Cf}\\p{Co}\\ufffd]`, 'gu');
const WHITE_SPACE = /\p{White_Space}/gu;
// the block from U+2B820 begins at U+2B920 in the reference, too
const CHINESE =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
// oxlint-disable-next-line no-control-regex -- these are the characters in question
const NMT_DROPPED = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g;
const NMT_SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;
const PRINTABLE = /^[ -~]*$/;

function bertNormalizer(config: StepConfig): Normalize {
  const lowers = config['lowercase'] === true;
  const strips = (config['strip_accents'] ?? lowers) === true;
  const cleans = config['clean_text'] === true;
  const parts = config['handle_chinese_chars'] === true;
  return (text) => {
    if (PRINTABLE.test(text)) return lowers ? text.toLowerCase() : text;
    let result = text;
    if (cleans) result = result.replace(BERT_CONTROL, '').replace(WHITE_SPACE, ' ');
    if (parts) result = result.replace(CHINESE, ' $& ');
    if (strips) result = decompose(result).replace(BERT_ACCENTS, '');
    return lowers ? lowercase(result) : result;
  };
}

const decompose = unicodeForm('NFD');

function unicodeForm(form: 'NFD' | 'NFKC' | 'NFKD'): Normalize {
  const kept = new RegExp(`([${unicode.NOT_NORMALIZED}])`, 'u');
  return (text) => {
    if (!kept.test(text)) return text.normalize(form);
    // the captured characters are at the odd places
    const parts = text.split(kept).map((part, at) => (at % 2 === 1 ? part : part.normalize(form)));
    return parts.join('');
  };
}

/** JavaScript lowers a final Σ to ς; the reference lowers letter by letter, to σ. */
function lowercase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}
