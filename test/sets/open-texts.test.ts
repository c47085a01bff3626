import { PassThrough, Readable } from 'node:stream';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_READING } from '../../src/sets/flags.ts';
import { parseInput } from '../../src/sets/input.ts';
import { openTexts, type OpenedTexts } from '../../src/sets/open-texts.ts';
import { openRun } from '../../src/sets/run.ts';
import { inFreshFolder } from '../run.ts';

const open = (path: string, stdin: Readable = new PassThrough().end(), signal = new AbortController().signal): Promise<OpenedTexts> => {
  const streams = { stdin, stdout: new PassThrough(), stderr: new PassThrough() };
  return openTexts([parseInput(path, {})], DEFAULT_READING, openRun({ quiet: true }, { ...streams, signal }), { name: path });
};

const textsOf = async ({ texts }: OpenedTexts): Promise<(string | undefined)[]> => {
  const found: (string | undefined)[] = [];
  for await (const batch of texts.scan()) found.push(...batch.map(({ text }) => text));
  return found;
};

describe('texts of a corpus that is not encoded', () => {
  it('are found again, few or many', async () => {
    inFreshFolder();
    const lines = Array.from({ length: 5000 }, (_, at) => `line ${at}`);
    writeFileSync('a.txt', lines.join('\n'));
    const input = await open('a.txt');
    expect(await textsOf(input)).toEqual(lines);
    const few = await input.texts.get([4999, 7]);
    expect([...few.keys()].toSorted((a, b) => a - b)).toEqual([7, 4999]);
    expect(few.get(7)).toEqual({ id: 'a.txt:8', text: 'line 7', file: 'a.txt', line: 8 });
    const all = await input.texts.get([...lines.keys()]);
    expect(lines.map((_, row) => all.get(row)!.text)).toEqual(lines);
    expect(all.get(7)).toEqual(few.get(7));
    expect((await input.texts.get([255, 256])).get(256)!.line).toBe(257);
    expect(input.opened.parts).toMatchObject([{ path: 'a.txt', rows: 5000 }]);
    input.opened.close();
  });

  it('that changed since they were read are an error', async () => {
    inFreshFolder();
    writeFileSync('a.txt', 'the sea\ncooked rice\n');
    const input = await open('a.txt');
    await textsOf(input);
    writeFileSync('a.txt', 'the sea\ncooked corn\n');
    await expect(input.texts.get([0])).rejects.toThrow('Cannot report the rows of a.txt: it changed while it was read');
    input.opened.close();
  });

  it('from a pipe are read again from a copy, and waiting for one can be stopped', async () => {
    inFreshFolder();
    const input = await open('-', Readable.from([Buffer.from('the sea\nthe'), Buffer.from(' moon\n')]));
    expect(await textsOf(input)).toEqual(['the sea', 'the moon']);
    expect((await input.texts.get([1])).get(1)).toEqual({ id: 'stdin:2', text: 'the moon', file: 'stdin', line: 2 });
    input.opened.close();
    const controller = new AbortController();
    const endless = new PassThrough();
    endless.write('{"text":"a"}\n');
    const opening = open('-', endless, controller.signal);
    controller.abort();
    await expect(opening).rejects.toThrow('stopped');
    endless.destroy();
  });
});
