import { readFileSync, statSync } from 'node:fs';
import { EmbedError } from '../../errors.ts';
import { remembered } from '../../files/content-hash.ts';

/** A graph with external values is small; a larger file holds its values itself. */
const MAX_BYTES = 200e6;

/** In the wire format: an entry with the key "location", and the tag of its value. */
const ENTRY = Buffer.from('\x0a\x08location\x12', 'latin1');

/** Names of the files beside an ONNX file that hold its values (TensorProto.external_data). Throws an EmbedError for files elsewhere. */
export function externalFiles(path: string): string[] {
  const names = JSON.parse(
    remembered('external data', path, { find: (file) => JSON.stringify(locationsIn(file)), form: /^\[.*\]$/s }),
  ) as string[];
  const leading = names.find((name) => /[\\/:]/.test(name) || name === '..');
  if (leading === undefined) return names;
  throw new EmbedError(`Cannot use ${path}: its values are in ${JSON.stringify(leading)}, which is not a file beside it`, {
    hint: 'Export it again, with its values in the same folder',
  });
}

function locationsIn(path: string): string[] {
  if (statSync(path).size > MAX_BYTES) return [];
  const bytes = readFileSync(path);
  const names = new Set<string>();
  for (let at = bytes.indexOf(ENTRY); at >= 0; at = bytes.indexOf(ENTRY, at + 1)) {
    const from = at + ENTRY.length;
    const length = bytes[from] ?? 0;
    // the length of a name of more than 127 bytes would take two bytes
    if (length > 0 && length < 128) names.add(bytes.toString('utf8', from + 1, from + 1 + length));
  }
  return [...names].toSorted();
}
