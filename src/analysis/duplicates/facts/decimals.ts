/** Numbers as they are written → numbers as they are compared. */

/** A number with digits grouped, or a decimal comma, as digits with a point; of a list such as 1,2,3 each number. */
export function decimals(written: string): string[] {
  if (!/[.,]/.test(written)) return [bare(written)];
  const marks = written.replace(/\d/g, '');
  const parts = written.split(/[.,]/);
  const last = marks.at(-1)!;
  const decimalLast = marks.length > 1 && last !== marks[0] && marks.indexOf(last) === marks.length - 1;
  const whole = decimalLast ? parts.slice(0, -1) : parts;
  const same = new Set(decimalLast ? marks.slice(0, -1) : marks).size === 1;
  if (same && whole.length > 1 && isGrouped(whole)) return [trimmed(whole.join(''), decimalLast ? parts.at(-1)! : '')];
  if (marks.length === 1) return [trimmed(parts[0]!, parts[1]!)];
  return marks.includes(',') ? parts.map(bare) : [version(parts)];
}

/** 1,000 · 1.000.000 · 12,34,567 */
function isGrouped(parts: readonly string[]): boolean {
  const [first, ...rest] = parts;
  if (first!.length > 3 || first!.startsWith('0') || rest.at(-1)!.length !== 3) return false;
  const inner = rest.slice(0, -1);
  return inner.every(({ length }) => length === 3) || (first!.length <= 2 && inner.every(({ length }) => length === 2));
}

/** 1.9.0 is 1.9. */
export function version(parts: readonly string[]): string {
  const numbers = parts.map(bare);
  while (numbers.length > 2 && numbers.at(-1) === '0') numbers.pop();
  return numbers.join('.');
}

/** Digits without zeros in front. */
export function bare(digits: string): string {
  let at = 0;
  while (at < digits.length - 1 && digits[at] === '0') at++;
  return digits.slice(at);
}

function trimmed(whole: string, fraction: string): string {
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === '0') end--;
  return bare(whole) + (end === 0 ? '' : `.${fraction.slice(0, end)}`);
}

/** A decimal times a power of ten. */
export function shifted(number: string, power: number): string {
  if (power === 0) return number;
  const [whole = '', fraction = ''] = number.split('.');
  const padded = fraction.padEnd(power, '0');
  return trimmed(whole + padded.slice(0, power), padded.slice(power));
}
