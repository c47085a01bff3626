import { fits, nullable, numberBetween, object, picklist, string, type Schema } from '../../../schema.ts';

/** What the pairs of a baseline were found by. A run without a model compares texts only, and has no threshold. */
export type BaselineSettings = {
  model: { name: string; hash: string } | null;
  min_cosine: number | null;
  fold: 'none' | 'form' | 'punctuation';
  differing: 'keep' | 'drop';
  label_column: string | null;
};

/** The newest form of the file that this program reads. */
export const NEWEST = 1;

const SETTINGS: Schema<BaselineSettings> = object({
  model: nullable(object({ name: string(), hash: string() })),
  min_cosine: nullable(numberBetween(-1, 1)),
  fold: picklist(['none', 'form', 'punctuation']),
  differing: picklist(['keep', 'drop']),
  label_column: nullable(string()),
});

/** What the file is, for who opens it. */
const NOTE =
  'Duplicates that embed dedup --baseline accepts: hashes of two texts per line, in any order. Write it with --update-baseline, merge it by lines.';

export function headerLine({ model, min_cosine, fold, differing, label_column }: BaselineSettings): string {
  return JSON.stringify({ schema: `embed.baseline/${NEWEST}`, note: NOTE, model, min_cosine, fold, differing, label_column });
}

/** The version that a header names; undefined where a line is no header. */
export function versionOf(value: unknown): number | undefined {
  const { schema } = (value ?? {}) as { schema?: unknown };
  const version = typeof schema === 'string' ? /^embed\.baseline\/([1-9]\d{0,8})$/.exec(schema)?.[1] : undefined;
  return version === undefined ? undefined : Number(version);
}

/** The settings of a header; undefined where it is damaged. */
export function headerOf(value: unknown): BaselineSettings | undefined {
  return fits(SETTINGS, value) ? value : undefined;
}
