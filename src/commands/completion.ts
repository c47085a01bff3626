import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';
import { EmbedError } from '../errors.ts';

/** Shells that a completion script can be made for. */
const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

/**
 * The output of `embed completion SHELL`: the script that a shell loads. It asks `embed complete -- WORDS…` for words.
 *
 * @param program every command with its options
 */
export function completionScript(program: Command, words: readonly string[]): string {
  const shell = SHELLS.find((name) => name === words[0]);
  if (shell === undefined || words.length > 1) {
    throw new EmbedError(
      `Cannot print a completion script: ${words[0] === undefined ? 'no shell is named' : `"${words.join(' ')}" is not a shell`}`,
      {
        hint: `Name one of ${SHELLS.join(', ')}; in bash, for example: source <(embed completion bash)`,
      },
    );
  }
  const script = printed(() => complete(program).setup('embed', 'embed', shell));
  // where the program knows no word, bash completes names of files
  return shell === 'bash' ? script.replace('complete -F', 'complete -o default -F') : script;
}

/** The output of `embed complete -- WORDS…`: words that may come next, and a last line that tells the shell what to do. */
export function completions(program: Command, words: readonly string[]): string {
  const given = words[0] === '--' ? words.slice(1) : words;
  const lines = printed(() => complete(program).parse([...given]));
  // the package never lets a shell complete names of files, which most of our arguments are
  return lines.replace(/^:4\n$/, ':0\n');
}

function complete(program: Command): ReturnType<typeof tab> {
  // beside a word there is room for a few others
  for (const command of program.commands) command.description(command.summary() || command.description());
  return tab(program, { completionCommandName: 'completion' });
}

/** The package's output: it writes to the console itself. */
function printed(work: () => void): string {
  const { log } = console;
  let text = '';
  // oxlint-disable-next-line no-console -- the package prints there
  console.log = (line: string) => (text += `${line}\n`);
  try {
    work();
  } finally {
    // oxlint-disable-next-line no-console -- as above
    console.log = log;
  }
  return text;
}
