import { mixed } from './hashes.ts';

/** Words that change their place freely: articles, pronouns, auxiliary verbs. "How is it done" asks what "How it is done" tells. */
const LOOSE =
  'the a an is are was were am be been do does did has have had can could will would should may might must there it this that i you he she we they s re ve ll m d ' +
  'der die das den dem ein eine einen einem einer ich du er sie es wir ihr mir dir mich dich sich uns habe hast hat haben hatte hatten ist bin sind war waren wird werden wurde kann will soll muss auch doch ' +
  'le la les un une je tu il elle on nous vous ils elles me te se est sont a ai as ont était ' +
  'el los las una yo él ella nosotros ustedes es son está están era ha han lo si ' +
  'lo gli i uno io lui lei noi voi loro è sono era ho hai hanno si ' +
  'o os as um uma eu você ele ela nós eles é são foi está tem ' +
  'de het een ik je jij hij ze wij we jullie zij zich is was waren ben bent zijn heb hebt heeft hebben had hadden wordt worden werd kan zal wil moet er ' +
  'ja ty on ona my wy oni jest są był była się ' +
  'я ты он она оно мы вы они это же бы ли у меня тебя есть был была было были є ми ви вони це';

/** Words between two things that may change places. */
const JOINING = 'and or vs versus und oder et ou y lub albo oraz и или та або';
/** Words before two such things. */
const OPENING = 'between zwischen entre tra fra tussen między между між';

export const looseWords: readonly string[] = LOOSE.split(' ');
export const joiningWords: readonly string[] = JOINING.split(' ');
export const openingWords: readonly string[] = OPENING.split(' ');

/** Chinese particles and pronouns, and Chinese conjunctions. */
export const LOOSE_CHARS = '的了吗嗎呢吧啊我你他她它們们您是';
export const JOINING_CHARS = '和与與跟及或';
/** Kana after which a part of a Japanese sentence ends; such parts change their places. */
export const PARTICLES = 'がをにはでもへと';

/** Marks among the hashes of words: a word that joins, and one that opens or a comma. Words never have these hashes. */
export const JOINT = 1;
export const BREAK = 2;
const isMark = (hash: number): boolean => hash === JOINT || hash === BREAK;

/** A thing that is joined with another has as many words as these at most. */
const MAX_JOINED = 3;

/**
 * A hash of the order of words: a sum over neighbours, the last and the first among them, so it stays when a phrase moves to the front. Two
 * things that are joined by a word are one, in either order: "A and B".
 *
 * @param words hashes of words, and marks
 */
export function orderHash(words: Int32Array): number {
  const joined = words.includes(JOINT) ? withJoined(words) : words;
  let [sum, first, last] = [0, 0, 0];
  for (const word of joined) {
    if (isMark(word)) continue;
    if (last === 0) first = word;
    else sum = (sum + pairHash(last, word)) | 0;
    last = word;
  }
  return last === 0 ? 0 : (sum + pairHash(last, first)) | 0;
}

export function pairHash(a: number, b: number): number {
  return mixed(Math.imul(a, 31) ^ b);
}

/** The words with each pair of joined things as one. */
function withJoined(words: Int32Array): number[] {
  const out: number[] = [];
  for (let at = 0; at < words.length; at++) {
    if (words[at] !== JOINT) {
      out.push(words[at]!);
      continue;
    }
    // "A, and B"
    if (out.at(-1) === BREAK) out.pop();
    const before = freeWords(out.slice(-MAX_JOINED - 1).toReversed());
    const after = freeWords([...words.subarray(at + 1, at + MAX_JOINED + 2)]);
    if (before.words.length === 0 || after.words.length === 0) continue;
    const length = lengthOfJoined(before, after);
    const [left, right] = [before.words.slice(0, length.before).toReversed(), after.words.slice(0, length.after)];
    out.length -= left.length;
    out.push(mixed((sequenceHash(left) + sequenceHash(right)) | 0));
    at += right.length;
  }
  return out;
}

/** Words up to a mark, which binds them. */
type Free = { words: readonly number[]; bound: boolean };

function freeWords(words: readonly number[]): Free {
  const end = words.findIndex(isMark);
  return end < 0 ? { words: words.slice(0, MAX_JOINED), bound: false } : { words: words.slice(0, end), bound: end > 0 };
}

/** "between A B and C D", "accounts payable and accounts receivable"; else one word on each side. */
function lengthOfJoined(before: Free, after: Free): { before: number; after: number } {
  if (before.bound) {
    const all = after.bound || after.words.length < MAX_JOINED;
    return { before: before.words.length, after: all ? after.words.length : before.words.length };
  }
  const [[b1, b2], [a1, a2]] = [before.words, after.words];
  const shared = b2 !== undefined && a2 !== undefined && (b1 === a2 || b2 === a1);
  return shared ? { before: 2, after: 2 } : { before: 1, after: 1 };
}

function sequenceHash(words: readonly number[]): number {
  return words.reduce((hash, word) => mixed(Math.imul(hash, 31) ^ word), words.length);
}
