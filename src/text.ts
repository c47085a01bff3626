/** Formats a whole number with separators: 1234567 as "1,234,567". */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A count with its noun: "1 row", "2,000 rows", "3 queries". */
export function plural(value: number, noun: string): string {
  return `${grouped(value)} ${value === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}

/** A share as a percentage: 0.1234 as "12.3 %", a tiny one as "< 0.1 %". */
export function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.1 ? '< 0.1' : value.toFixed(1)} %`;
}

/** A size in bytes, in megabytes: 23,700,000 as "23.7 MB". */
export function megabytes(bytes: number): string {
  const millions = bytes / 1e6;
  return `${millions < 100 ? millions.toFixed(1) : grouped(millions)} MB`;
}

/** A number, rounded for a report: to six decimals by default, as cosines are. */
export function rounded(value: number, { decimals = 6 }: { decimals?: number } = {}): number {
  // + 0 turns -0 into 0
  return Math.round(value * 10 ** decimals) / 10 ** decimals + 0;
}

/** A word as it must be typed into a shell: quoted where necessary, and with "./" before a leading "-". */
export function shellWord(word: string): string {
  const path = word.startsWith('-') && word !== '-' ? `./${word}` : word;
  return /^[\w./:,@=+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

/** The shell command that puts a file, packed or not, through a filter; for standard input the filter alone. */
export function filtered(name: string, filter: string): string {
  if (name === 'stdin') return filter;
  return /\.gz$/i.test(name) ? `gzip -dc ${shellWord(name)} | ${filter}` : `${filter} < ${shellWord(name)}`;
}

/**
 * `text` with control characters made visible, so that a file name or a text cannot control what shows it: a terminal, a page, a log.
 * Codes below 32 become their pictures (␛), others their numbers ([U+202E]): C1, line separators, what turns the direction of writing,
 * halves of a character, and what is no character at all.
 *
 * @param except characters that are left as they are, such as line breaks
 */
export function printable(text: string, { except = '' }: { except?: string } = {}): string {
  return text.replace(CONTROLS, (control) => (except.includes(control) ? control : shownControl(control.charCodeAt(0))));
}

/** With the flag u, a surrogate matches only where it has no partner. */
const CONTROLS = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

function shownControl(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
}

/** A text of a stranger's file, short enough for a message. */
export function shortened(text: string): string {
  return cutText(text, MAX_SHOWN);
}

/** The first so many UTF-16 units of a text, without half a character at the end; "…" marks a cut. */
export function cutText(text: string, units: number): string {
  return text.length > units ? `${text.slice(0, units).replace(/[\ud800-\udbff]$/, '')}…` : text;
}

const MAX_SHOWN = 60;

/** Whether a text is empty or only white space. Such rows keep their place, but are left out of every comparison. */
export function isBlank(text: string): boolean {
  return text.trim() === '';
}
