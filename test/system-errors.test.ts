import { openSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EmbedError } from '../src/errors.ts';
import { systemError } from '../src/system-errors.ts';

/** The error that `work` ends with. */
function raised(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

const withCode = (message: string, code: string, more = {}): Error => Object.assign(new Error(message), { code, ...more });

describe('systemError', () => {
  it.each([
    [raised(() => new ArrayBuffer(2 ** 52)), 'there is not enough memory (Array buffer allocation failed)'],
    [
      withCode('Worker initialization failure: EAGAIN', 'ERR_WORKER_INIT_FAILED'),
      'there is not enough memory (Worker initialization failure: EAGAIN)',
    ],
    [withCode('Worker terminated due to reaching memory limit: JS heap out of memory', 'ERR_WORKER_OUT_OF_MEMORY'), 'not enough memory'],
    [withCode('spawn sh EAGAIN', 'EAGAIN', { syscall: 'spawn sh' }), 'not enough memory'],
    [withCode('ENOMEM: not enough memory, read', 'ENOMEM', { syscall: 'read' }), 'not enough memory'],
    [new Error('std::bad_alloc'), 'not enough memory (std::bad_alloc)'],
    [new Error('Failed to allocate memory for requested buffer of size 4096\nmore'), 'requested buffer of size 4096)'],
    [raised(() => 'a'.repeat(2 ** 29)), 'a value is larger than Node.js can hold (Invalid string length)'],
    [raised(() => Buffer.alloc(2 ** 29).toString('latin1')), 'a value is larger than Node.js can hold (Cannot create a string'],
    [raised(() => new Float32Array(2 ** 40)), 'a value is larger than Node.js can hold (Invalid typed array length: 1099511627776)'],
    [raised(() => openSync('/none/such', 'r')), 'Cannot open /none/such: no such file or directory'],
    [raised(() => writeSync(987_654, 'x')), 'Cannot write: bad file descriptor'],
    [withCode('ENOSPC: no space left on device, write', 'ENOSPC', { syscall: 'write' }), 'Cannot write: no space left on device'],
  ])('explains %s with a hint', (error, message) => {
    const explained = systemError(error);
    expect(explained).toBeInstanceOf(EmbedError);
    expect(explained!.message).toContain(message);
    expect(explained!.hint).toMatch(/^[A-Z].{20,}/);
  });

  it('leaves faults of the program and errors for the user alone', () => {
    for (const error of [
      new TypeError('x is not a function'),
      new RangeError('Maximum call stack size exceeded'),
      new EmbedError('Cannot read a.txt: out of memory of its own'),
      new RangeError('Invalid typed array length: -1'),
      'a string',
    ]) {
      expect(systemError(error)).toBeUndefined();
    }
  });
});
