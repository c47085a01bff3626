import { hash } from 'node:crypto';

/**
 * SHA-256 of a text, a character per byte: one call without a buffer takes a third of the time of a hash that is made, fed and read. In
 * UTF-8, all lone surrogates would be one character; here they differ.
 */
export function textHash(text: string): string {
  return hash('sha256', /\p{Surrogate}/u.test(text) ? Buffer.from(`\uffff${text}`, 'utf16le') : text, 'binary');
}

/** Four bytes of such a hash as a signed number, the lowest first. */
export function hashWord(digest: string, at: number): number {
  return digest.charCodeAt(at) | (digest.charCodeAt(at + 1) << 8) | (digest.charCodeAt(at + 2) << 16) | (digest.charCodeAt(at + 3) << 24);
}
