import { languageOf } from './languages.ts';
import { negationsInHan, negationsInHangul, negationsInKana } from './negation-cjk.ts';
import { isConcordant, negationWords } from './negation-words.ts';
import { wordsOf } from './words.ts';

/** How often a text, in lower case, negates. Words that belong to one negation are one: "никто не пришёл", "je n'ai jamais". */
export function negationsOf(text: string): number {
  return negationsInWords(text) + negationsInHan(text) + negationsInKana(text) + negationsInHangul(text);
}

/** What holds a negation without negating what is said: "why or why not", "not only", "isn't it?", "нет ли". */
const IDLE = new RegExp(
  [
    String.raw`\bor (?:why |if )?not\b`,
    String.raw`\bor (?:do|does|did|is|are|was|were|can|will|would|should|has|have) ?n'?t\b(?: (?:i|you|he|she|it|we|they|there))?`,
    String.raw`\bnot (?:only|just|merely|least)\b`,
    String.raw`\bno (?:matter|doubt)\b`,
    String.raw`\bno ?\.? ?\d`,
    String.raw`, ?(?:do|does|did|is|are|was|were|can|could|will|would|should|has|have|had|ai) ?n't (?:i|you|he|she|it|we|they|there)\b`,
    String.raw`\bnicht (?:nur|bloss|zuletzt|wahr)\b|\boder nicht\b|\bsans (?:doute|conteste)\b|\bn'est[ -]ce pas\b|,? non ?\?|\bzonder twijfel\b|\bohne zweifel\b|\bnon solo\b|\bno sólo\b|\bno solo\b|\bpas (?:seulement|que)\b|\bnão só\b|\bnão apenas\b|\bniet alleen\b|\bof niet\b|\bou pas\b|\bou não\b`,
    String.raw`(?<!\p{L})n(?:e |')\p{L}+ (?:fait )?que\b`,
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

function negationsInWords(text: string): number {
  const known = negationWords();
  const words = wordsOf(text);
  let language: ReturnType<typeof languageOf> | null = null;
  let [plain, concordant] = [0, 0];
  for (const { text: word, start, end } of words) {
    const contracted = word === 't' ? SPLIT.test(text.slice(Math.max(0, start - 4), end)) : word.endsWith("n't");
    if (!contracted) {
      if (!known.has(word)) continue;
      const languages = known.get(word);
      if (languages !== undefined) {
        if (language === null) language = languageOf(words.map((one) => one.text));
        // where nothing tells the language, most meanings win
        if (language === undefined ? languages.length < 3 : !languages.includes(language)) continue;
      }
    }
    if (IDLE.test(text.slice(Math.max(0, start - BEFORE), end + AFTER))) continue;
    if (isConcordant(word)) concordant++;
    else plain++;
  }
  return plain > 0 ? plain : Math.min(1, concordant);
}
