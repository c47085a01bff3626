import { EmbedError } from '../errors.ts';
import { readBoundedJson } from './bounded-json.ts';

/** Far beyond what any file of ours has. */
const LIMITS = { maxDepth: 64, maxNodes: 20_000_000, maxKeys: 20_000_000 };

/**
 * Reads a JSON file that may be anything.
 *
 * @returns its value, or why it is none, as the end of a sentence
 * @throws the system's error where there is no such file
 */
export function readJsonFile(path: string, { maxBytes }: { maxBytes: number }): { value: unknown } | { misfit: string } {
  try {
    return { value: readBoundedJson(path, { ...LIMITS, maxBytes }) };
  } catch (error) {
    if (error instanceof SyntaxError) return { misfit: 'it is not JSON' };
    if (error instanceof EmbedError) return { misfit: error.message.replace(`Cannot read ${path}: `, '') };
    throw error;
  }
}
