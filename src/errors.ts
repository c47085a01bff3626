/** An error meant for the user: what was attempted, on what, why not; the hint is the next step to take. */
export class CliError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.hint = hint;
  }
}
