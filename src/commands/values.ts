import { InvalidArgumentError } from 'commander';

/** For an option that may be given more than once. */
export function repeated(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

export const FROM_ONE: RegExp = /^[1-9]\d{0,8}$/;

/** A whole number from 1. */
export function positive(value: string): number {
  if (!FROM_ONE.test(value)) throw new InvalidArgumentError('Give a whole number from 1.');
  return Number(value);
}

/** A whole number from 0. */
export function natural(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('Give a whole number from 0.');
  return Number(value);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** A size in bytes, such as 500000, 10MB or 1GB. */
export function bytes(value: string): number {
  const [, number, unit] = /^(\d{1,12}(?:\.\d{1,9})?) ?([A-Z]*)$/.exec(value.toUpperCase()) ?? [];
  const size = Math.floor(Number(number) * (UNITS[unit ?? '?'] ?? NaN));
  if (!(size >= 1)) throw new InvalidArgumentError('Give a size such as 500000, 10MB or 1GB.');
  return size;
}

/** Any finite number. */
export function finite(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Give a number.');
  return number;
}

/** One of `words`, for an option whose help lists them itself. */
export function oneOf<T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    const word = words.find((one) => one === value);
    if (word === undefined) throw new InvalidArgumentError(`Allowed choices are ${words.join(', ')}.`);
    return word;
  };
}

/** A minimum cosine, from -1 to 1. */
export function cosineBound(value: string): number {
  const bound = finite(value);
  if (Math.abs(bound) > 1) throw new InvalidArgumentError('Give a number from -1 to 1.');
  return bound;
}

/** A cosine, or "auto". */
export function threshold(value: string): number | 'auto' {
  if (value === 'auto') return value;
  return finite(value);
}

export function columnList(value: string): readonly string[] {
  return value === 'none' ? [] : value.split(',').map((name) => name.trim());
}

export function delimiter(value: string): string {
  const char = value === '\\t' || value === 'tab' ? '\t' : value;
  if (char.length !== 1 || char === '"' || char === '\n') throw new InvalidArgumentError('Give one character, such as ";" or "\\t".');
  return char;
}
