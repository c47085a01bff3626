/** An error for the user: the message says what failed, on what and why; the hint names the next step. */
export class EmbedError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EmbedError';
    this.hint = hint;
  }
}
