import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesField, concat, intField, type Message } from '../../src/engine/protobuf.ts';
import { externalFiles } from '../../src/model/transformer/external-data.ts';
import { inFreshFolder } from '../run.ts';

const entry = (key: string, value: string): Message => [...bytesField(1, key), ...bytesField(2, value)];
const backwards = (key: string, value: string): Message => [...bytesField(2, value), ...bytesField(1, key)];
const tensor = (...entries: Message[]): Message => entries.flatMap((one) => bytesField(13, one));
const model = (graph: Message): Message => [...intField(1, 8), ...bytesField(7, graph)];

function filesOf(message: Message): string[] {
  inFreshFolder();
  writeFileSync('m.onnx', concat(message));
  return externalFiles('m.onnx');
}

describe('externalFiles', () => {
  it('finds the file of a tensor, whatever the order of key and value', () => {
    expect(filesOf(model(bytesField(5, tensor(entry('location', 'a.bin'), entry('offset', '0')))))).toEqual(['a.bin']);
    expect(filesOf(model(bytesField(5, tensor(entry('offset', '0'), backwards('location', 'a.bin')))))).toEqual(['a.bin']);
  });

  it('reads names of more than 127 bytes', () => {
    const name = 'x'.repeat(200);
    expect(filesOf(model(bytesField(5, tensor(entry('location', name)))))).toEqual([name]);
  });

  it('finds tensors in attributes, in graphs within graphs, in sparse tensors and in functions', () => {
    const named = (name: string): Message => tensor(entry('location', name));
    const constant = bytesField(1, bytesField(5, bytesField(5, named('constant'))));
    const branch = bytesField(1, bytesField(5, bytesField(6, bytesField(5, named('branch')))));
    const sparse = bytesField(15, [...bytesField(1, named('values')), ...bytesField(2, named('indices'))]);
    const inFunction = bytesField(25, bytesField(7, bytesField(5, bytesField(10, named('function')))));
    expect(filesOf([...model([...constant, ...branch, ...sparse]), ...inFunction])).toEqual([
      'branch',
      'constant',
      'function',
      'indices',
      'values',
    ]);
  });

  it('passes over values, which may look like entries, and groups, which no field of ONNX is', () => {
    const raw = bytesField(9, concat(bytesField(13, entry('location', 'raw'))));
    const group = [Uint8Array.of((15 << 3) | 3), ...intField(1, 5), Uint8Array.of((15 << 3) | 4)];
    expect(filesOf(model(bytesField(5, [...raw, ...tensor(entry('location', 'a.bin'))])))).toEqual(['a.bin']);
    expect(filesOf([...group, ...model(bytesField(5, tensor(entry('location', 'a.bin'))))])).toEqual(['a.bin']);
  });

  it.each(['../a.bin', '/etc/passwd', 'a/b', '..', '', 'a\0b', 'a\ufffd'])('refuses the file %j', (name) => {
    expect(() => filesOf(model(bytesField(5, tensor(entry('location', name)))))).toThrow(
      /its values are in .*, which is not a file beside it/,
    );
  });

  it('leaves a damaged file to ONNX Runtime', () => {
    expect(filesOf([Uint8Array.of(0xff, 0xff, 0xff)])).toEqual([]);
    expect(filesOf([Uint8Array.of(0x3a, 0xff, 0x7f, 1)])).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('refuses what is not a file, and does not wait for it', () => {
    inFreshFolder();
    mkdirSync('folder');
    execFileSync('mkfifo', ['pipe']);
    expect(() => externalFiles('folder')).toThrow('Cannot read folder: it is a folder, not a regular file');
    expect(() => externalFiles('pipe')).toThrow('Cannot read pipe: it is a named pipe, not a regular file');
    expect(() => externalFiles('/dev/zero')).toThrow('Cannot read /dev/zero: it is a device, not a regular file');
  });
});
