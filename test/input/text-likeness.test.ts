import { describe, expect, it } from 'vitest';
import { textColumnOf, textPathsOf } from '../../src/input/text-likeness.ts';

describe('the column that reads like a text', () => {
  it.each<[string, unknown[][], number | undefined]>([
    [
      'the longest of several',
      [
        ['The door', 'The door of the shop does not open'],
        ['A key', 'A key is lost'],
      ],
      1,
    ],
    ['not an address', [['https://example.org/a-very-long-address/of/a/page?with=words', 'a short text']], 1],
    [
      'not dates and times',
      [
        ['Monday, 12 January 2024 at noon in the town', 'jams a lot'],
        ['12 Jan 2024, 10:00', 'jams again'],
      ],
      1,
    ],
    ['not numbers', [['1 234 567 890 123', 'it jams']], 1],
    ['not ids', [['b7f0c6a2-9d7e-4c5b-8f6e-2b1d1f0a9c3e', 'it jams']], 1],
    ['not JSON in a cell', [['{"a long key": "and a long value of it"}', 'it jams']], 1],
    [
      'not what all rows share',
      [
        ['Thank you for your order.', 'jams a lot'],
        ['Thank you for your order.', 'jams again'],
        ['Thank you for your order.', 'no ink'],
      ],
      1,
    ],
    [
      'a script without spaces',
      [
        ['T1', '打印机又卡纸了'],
        ['T2', '没有墨水了'],
      ],
      1,
    ],
    [
      'half of it empty',
      [
        ['T1', ''],
        ['T2', 'it jams'],
      ],
      1,
    ],
    ['a word where there is nothing else', [['T1', 'blue']], 1],
    ['none of ids and numbers', [['T1', '17']], undefined],
    ['none without rows', [], undefined],
  ])('is %s', (_, rows, at) => expect(textColumnOf(rows, 2)).toBe(at));
});

describe('the path that reads like a text', () => {
  it.each<[unknown[], string | undefined, string | undefined]>([
    [[{ prompt: 'Write a poem', meta: { note: 'a very long note on the poem' } }], 'meta.note', undefined],
    [[{ prompt: 'Write a poem', meta: ['a very long note on the poem'] }], 'prompt', undefined],
    [[{ n: 1, turns: [{ say: 'How are you?' }, { say: 'I am very well, thank you.' }] }], 'turns[1].say', 'turns.*.say'],
    [[{ n: 1, lines: [['one line', 'two longer lines']] }], 'lines[0][1]', 'lines.*.*'],
    [[{ 'a.b': { 'c[0]': 'a line of words' } }], 'a.b.c[0]', undefined],
    [[{ n: 1, done: true, none: null }], undefined, undefined],
    [[], undefined, undefined],
  ])('of %j', (records, one, all) => expect(textPathsOf(records)).toEqual(one === undefined ? undefined : { one, all }));

  it('of chats is not the part that all of them share', () => {
    const chats = ['How do I boil eggs?', 'Where is my order?'].map((content) => ({
      messages: [{ content: 'You are a helpful assistant, and you answer in short sentences.' }, { content }],
    }));
    expect(textPathsOf(chats)).toEqual({ one: 'messages[1].content', all: 'messages.*.content' });
  });

  it('below a value that was asked for is any string', () => {
    expect(textPathsOf([['How', 'are']], 'tokens')).toEqual({ one: 'tokens[0]', all: 'tokens.*' });
    expect(textPathsOf([{ de: 'ja' }], 'answer')).toEqual({ one: 'answer.de', all: undefined });
    expect(textPathsOf([[1, 2]], 'numbers')).toBeUndefined();
  });
});
