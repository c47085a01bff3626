import { describe, expect, it } from 'vitest';
import { bash, EMBED } from '../children.ts';
import { run } from '../run.ts';

describe('embed --version', () => {
  it('names the program, Node.js, ONNX Runtime and the packaged models', async () => {
    const { code, out } = await run(['--version']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual(['embed', 'Node.js', 'ONNX', 'minilm', 'multilingual', '']);
    expect(out).toMatch(/^embed \d+\.\d+\.\d+\nNode\.js \d+\.\d+\.\d+\nONNX Runtime \d+\.\d+\.\d+\n/);
    expect(await run(['-V'])).toEqual({ code, out, err: '' });
  });
});

describe('completion', () => {
  it('knows commands, options and their choices, and leaves the rest to names of files', async () => {
    const words = async (...typed: string[]): Promise<string[]> =>
      (await run(['complete', '--', ...typed])).out
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')[0]!);
    expect(await words('')).toEqual(expect.arrayContaining(['encode', 'search', 'cluster', 'dedup', 'distill', 'models', ':4']));
    expect(await words('models', '')).toEqual(expect.arrayContaining(['list', 'show', 'get', 'verify']));
    expect(await words('search', '--prec')).toEqual(['--precision', ':4']);
    expect(await words('cluster', '--format', 'c')).toEqual(['csv', ':4']);
    expect(await words('search', '')).toEqual([':0']);
    expect(await words('search', '--texts', '')).toEqual([':0']);
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s that asks the program', async (shell) => {
    const { code, out, err } = await run(['completion', shell]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('embed complete --');
  });

  it.skipIf(process.platform === 'win32')('loads in bash, and completes names of files where no word is known', async () => {
    const { out } = await bash(`eval "$(${EMBED} completion bash)"; complete -p embed`);
    expect(out).toBe('complete -o default -F __embed_complete embed\n');
  });

  it('asks for a shell that it knows', async () => {
    expect(await run(['completion'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('no shell is named\nhint: Name one of bash, zsh') as string,
    });
    expect(await run(['completion', 'tcsh'])).toMatchObject({ code: 2, err: expect.stringContaining('"tcsh" is not a shell') as string });
  });
});
