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
  'u',
);
/** How far around a word it is looked whether it is idle. */
const BEFORE = 20;
const AFTER = 24;
/** "do n't" and "shouldn ' t", as tokenizers leave them. */
const SPLIT = /n ?' ?t(?![\p{L}\p{N}])/u;

function negatesWords(text: string): boolean {
  const known = negationWords();
  const words = wordsOf(text);
  let language: ReturnType<typeof languageOf> | null = null;
  return words.some(({ text: word, start, end }) => {
    const contracted = word === 't' ? SPLIT.test(text.slice(Math.max(0, start - 4), end)) : word.endsWith("n't");
    if (!contracted) {
      if (!known.has(word)) return false;
      const languages = known.get(word);
      if (languages !== undefined) {
        if (language === null) language = languageOf(words.map((one) => one.text));
        // where nothing tells the language, most meanings win
        if (language === undefined ? languages.length < 3 : !languages.includes(language)) return false;
      }
    }
    return !IDLE.test(text.slice(Math.max(0, start - BEFORE), end + AFTER));
  });
}
