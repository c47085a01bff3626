import { EmbedError } from './errors.ts';

/**
 * An error of the operating system, of Node.js or of ONNX Runtime that is no fault of embed, as an error for the user; undefined for
 * other errors.
 */
export function systemError(error: unknown): EmbedError | undefined {
  if (!(error instanceof Error) || error instanceof EmbedError) return undefined;
  return memoryError(error) ?? sizeError(error) ?? callError(error);
}

/** The message of the operating system, without its codes. */
export function systemMessage({ message }: Error): string {
  return /^E[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

/** Codes of Node.js and of the system for memory or threads that cannot be had. */
const MEMORY_CODES: ReadonlySet<string | undefined> = new Set(['ENOMEM', 'EAGAIN', 'ERR_WORKER_INIT_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']);

/** The words of V8, of the C++ library and of ONNX Runtime, which have no codes for it. */
const MEMORY_WORDS = /bad[_ ]alloc|array buffer allocation failed|failed to allocate|cannot allocate memory|out of memory/i;

/** The error for memory that cannot be had; undefined for other errors. */
export function memoryError(error: unknown): EmbedError | undefined {
  const { code, message = '' } = error as Partial<NodeJS.ErrnoException>;
  if (!MEMORY_CODES.has(code) && !MEMORY_WORDS.test(message)) return undefined;
  return new EmbedError(`Cannot continue: there is not enough memory (${firstLine(message)})`, {
    hint: 'Use fewer --threads, end other programs, or raise the limit of memory (ulimit -v, or that of the container)',
    cause: error,
  });
}

/** Messages of V8 for a value that is larger than it can hold. */
const SIZE_WORDS = /^(?:Invalid string length|Invalid (?:typed )?array length(?:: \d+)?|(?:Map|Set) maximum size exceeded)$/;

function sizeError(error: Error): EmbedError | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  const isString = code === 'ERR_STRING_TOO_LONG' || message === 'Invalid string length';
  if (!isString && !SIZE_WORDS.test(message)) return undefined;
  return new EmbedError(`Cannot continue: a value is larger than Node.js can hold (${firstLine(message)})`, {
    hint: isString ? 'Split the longest records of the input' : 'Split the input into smaller files',
    cause: error,
  });
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk, or write the output elsewhere',
  EDQUOT: 'Make room within your quota, or write the output elsewhere',
  EMFILE: 'Raise the limit of open files (ulimit -n)',
  ENFILE: 'End other programs: the system has too many open files',
};

const ANY_HINT = 'Check that it exists, that you have permission to use it, and that the disk has room';

function callError(error: Error): EmbedError | undefined {
  const { path, syscall, code } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined) return undefined;
  const hint = HINTS[code] ?? (path === undefined ? 'Run the command again; if it fails again, check the disk' : ANY_HINT);
  const action = path === undefined ? syscall : `${syscall === 'open' ? 'open' : 'use'} ${path}`;
  return new EmbedError(`Cannot ${action}: ${systemMessage(error)}`, { hint, cause: error });
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!;
}
