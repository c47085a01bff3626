import { languageOf } from './languages.ts';
import { negatesHan, negatesHangul, negatesKana } from './negation-cjk.ts';
import { negationWords } from './negation-words.ts';
import { wordsOf } from './words.ts';

/** Whether a text, in lower case, negates something. Two negations are one: "nobody ever said nothing", "никто не пришёл". */
export function negates(text: string): boolean {
  return negatesWords(text) || negatesHan(text) || negatesKana(text) || negatesHangul(text);
}

/** What holds a negation without negating what is said: "why or why not", "not only", "isn't it?", "нет ли". */
const IDLE = new RegExp(
  [
    String.raw`\bor (?:why |if )?not\b`,
    String.raw`\bor (?:do|does|did|is|are|was|were|can|will|would|should|has|have) ?n'?t\b(?: (?:i|you|he|she|it|we|they|there))?`,
    String.raw`\bnot (?:only|just|merely|least)\b`,
    String.raw`\bno (?:matter|doubt)\b`,
    String.raw`\bno ?\. ?\d`,
    String.raw`, ?(?:do|does|did|is|are|was|were|can|could|will|would|should|has|have|had|ai) ?n't (?:i|you|he|she|it|we|they|there)\b`,
    String.raw`\bnicht (?:nur|bloss|zuletzt|wahr)\b|\boder nicht\b|\bsans (?:doute|conteste)\b|\bn'est[ -]ce pas\b|,? non ?\?|\bzonder twijfel\b|\bohne zweifel\b|\bnon solo\b|\bno sólo\b|\bno solo\b|\bpas (?:seulement|que)\b|\bnão só\b|\bnão apenas\b|\bniet alleen\b|\bof niet\b|\bou pas\b|\bou não\b`,
    String.raw`(?<!\p{L})nie tylko(?!\p{L})|czy nie(?!\p{L})`,
    String.raw`(?<!\p{L})(?:не (?:только|столько|просто|менее|более|раз|ли)|тем не менее|чуть не|едва не|чуть ли не|пока не|или нет|нет ли|если не ошибаюсь|не тільки|не лише|чи не|чи ні)(?!\p{L})`,
  ].join('|'),
  'gu',
);
const MAY_BE_IDLE = /\bn(?:o|ot|icht|on|ão|iet)\b|n't|\bpas\b|не|нет|ні|nie/u;

/** Auxiliary and "n't", joined or not, with any apostrophe or none between spaces. */
const CONTRACTED = /n ?'t\b|n ?' ?t\b/gu;

function negatesWords(text: string): boolean {
  const plain = MAY_BE_IDLE.test(text) ? text.replace(IDLE, ' ') : text;
  if (plain.includes("'") && CONTRACTED.test(plain)) {
    CONTRACTED.lastIndex = 0;
    return true;
  }
  const known = negationWords();
  const words = wordsOf(plain);
  let language: ReturnType<typeof languageOf> | null = null;
  return words.some(({ text: word }) => {
    if (!known.has(word)) return false;
    const languages = known.get(word);
    if (languages === undefined) return true;
    if (language === null) language = languageOf(words.map((one) => one.text));
    // where nothing tells the language, most meanings win
    return language === undefined ? languages.length > 2 : languages.includes(language);
  });
}
