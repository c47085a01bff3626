/** Spreads the bits of a hash: the end of MurmurHash3 (Austin Appleby, public domain). */
export function mixed(hash: number): number {
  let bits = hash | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** FNV-1a on UTF-16 units. */
export const FNV_OFFSET = 0x811c9dc5;
export const FNV_PRIME = 0x01000193;

export function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return mixed(hash);
}

/** A hash of different strings in any order; 0 for none. */
export function setHash(elements: readonly string[]): number {
  if (elements.length === 0) return 0;
  let sum = 0;
  for (const element of elements) sum = (sum + hashOf(element)) | 0;
  return mixed(sum) || 1;
}
