import { foldText } from '../fold-text.ts';

/** Hashes of what a text says in fact; 0 where it says nothing of the kind. */
export type Facts = { numbers: number; negation: number; quoted: number; words: number; order: number };

/** The facts of a text. */
export function factsOf(text: string): Facts {
  return { numbers: hashOf(numbersOf(text)), negation: 0, quoted: 0, words: 0, order: 0 };
}

/** Whether two texts differ in fact. */
export function factsDiffer(a: Facts, b: Facts, { order }: { order: boolean }): boolean {
  if (order && a.words === b.words && a.order !== b.order) return true;
  return (a.numbers !== 0 && b.numbers !== 0 && a.numbers !== b.numbers) || a.negation !== b.negation;
}

/** In what two texts differ in fact, in words: "10023 ≠ 10024"; undefined where they do not. */
export function differenceOf(a: string, b: string, { order }: { order: boolean }): string | undefined {
  return factsDiffer(factsOf(a), factsOf(b), { order }) ? `${numbersOf(a).join(' ')} ≠ ${numbersOf(b).join(' ')}` : undefined;
}

function numbersOf(text: string): string[] {
  return foldText(text, 'form').match(/\d+/g) ?? [];
}

function hashOf(parts: readonly string[]): number {
  let hash = 0;
  for (const part of parts.toSorted()) for (const letter of part) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) | 0;
  return parts.length === 0 ? 0 : hash || 1;
}
