/** 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** "1 row", "2,000 rows", "3 queries". */
export function plural(value: number, noun: string): string {
  return `${grouped(value)} ${value === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}

/** A word as it must be typed into a shell: quoted where it has to be, and never taken for an option. */
export function shellWord(word: string): string {
  const path = word.startsWith('-') && word !== '-' ? `./${word}` : word;
  return /^[\w./:,@=+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** `text` with control characters replaced, so that a file name or a row cannot steer the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Rows without text keep their place and are left out of every comparison. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}
