import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { npyHeader } from '../../../src/vectors/npy.ts';
import { inFreshFolder, run } from '../../run.ts';
import { corpus, tiny, wordTokenizer } from './fixtures.ts';

describe('embed distill refuses', () => {
  const prepare = (): void => {
    inFreshFolder();
    writeFileSync('corpus.txt', corpus(40));
    writeFileSync('other.txt', corpus(40));
    writeFileSync('one.txt', 'a single text\n');
    writeFileSync('good.tsv', 'the rice\tder Reis\n');
    writeFileSync('narrow.tsv', 'the rice\nthe sea\n');
    writeFileSync('empty-side.tsv', 'the rice\tder Reis\nthe sea\t \n');
    writeFileSync('ragged.tsv', 'the rice\tder Reis\nthe sea\n');
    writeFileSync('none.tsv', '');
    writeFileSync('two.csv', 'a,b\nc,d\n');
    writeFileSync('words.csv', 'one,other,score\na,b,1\nc,d,much\n');
    writeFileSync('same.csv', 'a,b,1\nc,d,1\n');
    writeFileSync('broken.json', '{');
    writeFileSync('list.json', '{"model": 3}');
    mkdirSync('empty-folder');
    mkdirSync('models');
    writeFileSync('models/corpus.txt', corpus(40));
    cpSync(tiny, 'tiny', { recursive: true });
  };
  const base = ['-o', 'small', '--teacher', 'tiny', '--dims', '16'];

  it.each<[string[], string, string]>([
    [['corpus.txt', ...base, '--dims', '32'], 'Cannot fit vectors of 32 dims: those of tiny have 16', 'Give --dims up to 16'],
    [
      ['one.txt', ...base],
      'Cannot fit a model to one text',
      'Give at least a few thousand texts like those that the model is for; better, several hundred thousand',
    ],
    [['nothing.txt', ...base], 'Cannot read nothing.txt: no such file', 'Check the path; it is relative to the current folder'],
    [['corpus.txt', 'corpus.txt', ...base], 'Cannot read corpus.txt twice as a corpus', 'Name it once'],
    [
      ['corpus.txt', ...base, '--pairs', 'good.tsv', '--pairs', './good.tsv'],
      'Cannot read ./good.tsv twice as a file of pairs',
      'Name it once',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'missing.tsv'],
      'Cannot read missing.tsv: no such file',
      'Check the path; it is relative to the current folder',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'narrow.tsv'],
      'Cannot use line 1 of narrow.tsv: it has 1 column, not two columns: a text and its translation',
      'Columns of a .tsv are separated by tabs, those of a .csv by commas',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'empty-side.tsv'],
      'Cannot use the pair at line 2 of empty-side.tsv: its second text is empty',
      'Leave the line out, or fill it in',
    ],
    [
      ['corpus.txt', ...base, '--pairs', 'ragged.tsv'],
      'Cannot read ragged.tsv: the record at line 2 has 1 field where the first has 2',
      'Quote values that contain the separator or a line break, or name another separator with --delimiter',
    ],
    [['corpus.txt', ...base, '--pairs', 'none.tsv'], 'Cannot read pairs from none.tsv: it has none', 'Check that it is the file you meant'],
    [
      ['corpus.txt', ...base, '--pairs', 'other.txt'],
      'Cannot read pairs from other.txt: it is not a table',
      'Write them as .tsv: two texts with a tab between them',
    ],
    [['corpus.txt', ...base, '--pairs', '-'], 'Cannot read pairs from standard input', 'Put them into a file'],
    [
      ['corpus.txt', ...base, '--eval', 'two.csv'],
      'Cannot use line 1 of two.csv: it has 2 columns, not three columns: two texts and a score',
      'Columns of a .csv are separated by commas, those of a .tsv by tabs',
    ],
    [
      ['corpus.txt', ...base, '--eval', 'words.csv'],
      'Cannot use the score at line 3 of words.csv: "much" is not a number',
      'The score is the third column; further columns are ignored',
    ],
    [
      ['corpus.txt', ...base, '--eval', 'same.csv'],
      'Cannot compare with same.csv: all of its scores are equal',
      'Give pairs of texts with different scores in the third column',
    ],
    [
      ['corpus.txt', ...base, '--tokenizer', 'empty-folder'],
      'Cannot take the tokenizer from empty-folder: there is no tokenizer.json in it',
      'Name a tokenizer.json, or a folder that has one',
    ],
    [
      ['corpus.txt', ...base, '--tokenizer', 'broken.json'],
      'Cannot take the tokenizer from broken.json: it is not valid JSON',
      'Name a tokenizer.json as the tokenizers library writes it',
    ],
    [
      ['corpus.txt', ...base, '--tokenizer', 'list.json'],
      'Cannot use the tokenizer.json in .: it has no "model" with a vocabulary',
      'Copy it again if it is damaged; else use a model with a tokenizer of BERT, MPNet, RoBERTa, XLM-RoBERTa, T5, ModernBERT or Qwen',
    ],
    [
      ['corpus.txt', ...base, '--vocab', '100', '--tokenizer', 'tiny'],
      "Option '--vocab <N>' cannot be used with option '--tokenizer <DIR>'",
      'Run embed distill --help',
    ],
    [
      ['models/corpus.txt', ...base, '-o', 'models'],
      'Cannot write models: models/corpus.txt is read, and would be replaced',
      'Name another folder with -o',
    ],
    [['corpus.txt', ...base, '-o', 'tiny'], 'Cannot write tiny: tiny is read, and would be replaced', 'Name another folder with -o'],
    [['corpus.txt', ...base, '-o', 'one.txt'], 'Cannot write one.txt: it is a file', 'Name another folder with -o'],
    [['corpus.txt', ...base, '-o', 'no/where'], 'Cannot write no/where: there is no folder no', 'Choose a folder that exists'],
    [['corpus.txt', ...base, '-o', '-'], 'Cannot write a model to standard output: it is a folder', 'Name a folder with -o'],
    [
      ['corpus.txt', ...base, '--texts', 'other.txt'],
      'Cannot take texts from other.txt: --texts belongs to a single .npy',
      'Leave --texts out: a corpus has its own',
    ],
    [['corpus.txt', ...base, '--teacher', 'nobody'], 'Cannot find the model "nobody": no such folder', ''],
  ])('%j', async (args, message, hint) => {
    prepare();
    const before = readdirSync('.').toSorted();
    const { code, out, err } = await run(['distill', ...args, '-q']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}\n`);
    expect(err).toContain(`hint: ${hint}`);
    // what was encoded may be kept; the product is not there
    expect(
      readdirSync('.')
        .toSorted()
        .filter((name) => name !== 'small.teacher'),
    ).toEqual(before);
  });

  it('the folder one is in, and a command without -o', async () => {
    prepare();
    expect((await run(['distill', 'corpus.txt', '-o', '.'])).err).toContain('error: Cannot write .: ');
    const { code, err } = await run(['distill', 'corpus.txt']);
    expect(code).toBe(2);
    expect(err).toContain("Required option '-o, --output <DIR>' not specified");
  });

  it('a set of another model than --teacher, and sets of two models', async () => {
    prepare();
    await run(['encode', 'corpus.txt', '-q']);
    await run(['encode', 'other.txt', '-q', '--model', 'tiny']);
    expect((await run(['distill', 'corpus.npy', ...base])).err).toBe(
      'error: Cannot learn from corpus.npy what tiny does: its vectors are of minilm (int8)\nhint: Leave --teacher out, name the model of the set, or give the texts themselves\n',
    );
    expect((await run(['distill', 'corpus.npy', 'other.npy', '-o', 'small'])).err).toBe(
      'error: Cannot learn from other.npy what minilm does: its vectors are of tiny (fp32)\nhint: Encode it again, or give the texts themselves\n',
    );
    expect((await run(['distill', 'other.npy', '-o', 'small'])).err).toMatch(
      /^error: Cannot open the teacher of other\.npy: its vectors are of the model tiny, .*\nhint: Name its folder with --teacher\n$/,
    );
  });

  it('a set of another prompt beside texts that are still to be encoded', async () => {
    prepare();
    await run(['encode', 'corpus.txt', '-q', '--model', 'tiny', '--prompt-text', 'query: ']);
    expect((await run(['distill', 'corpus.npy', ...base, '--pairs', 'good.tsv'])).err).toBe(
      'error: Cannot learn from corpus.npy and other texts: its own were encoded with the prompt "query: ", these with ""\nhint: Encode it again without --prompt, or give the texts in place of the set\n',
    );
    expect((await run(['distill', 'corpus.npy', ...base, '-q'])).code).toBe(0);
  });

  it('a row without a vector', async () => {
    prepare();
    const rows = 40;
    const vectors = new Float32Array(rows * 16).fill(0.25);
    vectors.fill(0, 7 * 16, 8 * 16);
    const write = (): void => writeFileSync('bare.npy', Buffer.concat([npyHeader({ rows, cols: 16 }), new Uint8Array(vectors.buffer)]));
    write();
    const args = ['distill', 'bare.npy', '--texts', 'corpus.txt', ...base, '-q'];
    expect((await run(args)).err).toBe(
      'error: Cannot learn from row 7 of bare.npy: the teacher has no vector for it (all zeros)\nhint: Encode the texts again, or leave that text out\n',
    );
    vectors[7 * 16] = NaN;
    write();
    expect((await run(args)).err).toContain('row 7 of bare.npy: the teacher has no vector for it (NaN or infinity)\n');
    expect((await run(['distill', 'bare.npy', '--texts', 'one.txt', ...base])).err).toContain('it has 1 row where bare.npy has 40\n');
    expect((await run(['distill', 'bare.npy', '--texts', 'corpus.txt', '-o', 'small'])).err).toContain(
      'Cannot learn from bare.npy what minilm does: its vectors have 16 dims, those of minilm 384\n',
    );
  });

  it('texts of which the tokenizer knows nothing', async () => {
    prepare();
    writeFileSync('words.json', JSON.stringify(wordTokenizer(['рис'])));
    expect((await run(['distill', 'corpus.txt', ...base, '--tokenizer', 'words.json', '-q'])).err).toBe(
      'error: Cannot fit a model: the tokenizer knows no token of these texts\nhint: Learn a vocabulary from them with --vocab N\n',
    );
  });
});
