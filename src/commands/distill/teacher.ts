import { basename, dirname, join } from 'node:path';
import { replaceFile } from '../../files/disk.ts';
import { writing } from '../../files/write-error.ts';
import type { Model } from '../../model/model.ts';
import { promptOf } from '../../model/variant.ts';
import { encodeSummary } from '../../report/encode-summary.ts';
import { encodeFiles } from '../../sets/encode-files.ts';
import { DEFAULT_READING, readingFlagsOf, type EncodeFlags, type ReadingFlags } from '../../sets/flags.ts';
import { parseInput, type Input } from '../../sets/input.ts';
import { WORTH_KEEPING_S, type EncodeJob } from '../../sets/job.ts';
import { identityOf, planEncode, type Plan } from '../../sets/plan.ts';
import { openRowTexts, type RowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import { isUpToDate } from '../../sets/up-to-date.ts';
import { shellWord } from '../../text.ts';
import { openSet, type VectorSet } from '../../vectors/set-reader.ts';
import type { WorkFolder } from './work-folder.ts';

/** Texts with the teacher's vectors of them. */
export type TaughtTexts = {
  /** As it was given. */
  name: string;
  set: VectorSet;
  texts: RowTexts;
  /** The command that keeps its vectors; undefined where they are kept, or where that would save little time. */
  advice: string | undefined;
};

export type TeacherOptions = {
  teacher: Model;
  flags: ReadingFlags;
  /** Where sets are kept that go away when all is done. */
  work: WorkFolder;
  run: Run;
};

/** Opens a vector set with its texts. */
export async function openTaughtSet(npyPath: string, flags: ReadingFlags & { texts?: string }, run: Run): Promise<TaughtTexts> {
  return openTaught(npyPath, { name: npyPath, texts: flags.texts, flags, run });
}

/** A corpus with the teacher's vectors: an up-to-date set that `encode` has left in the current folder, else one in the working folder. */
export async function teachCorpus(input: Input, options: TeacherOptions): Promise<TaughtTexts> {
  return (await openUpToDate(input, options)) ?? teachInWorkFolder(input, options);
}

/** Texts that begin a pair and are in no corpus. */
export async function teachFirsts(firsts: readonly string[], options: TeacherOptions): Promise<TaughtTexts> {
  options.work.open();
  // the same pairs give the same bytes, so encoding them can be resumed
  const path = join(options.work.path, 'pairs.jsonl');
  writing(path, () => replaceFile(path, firsts.map((text) => `${JSON.stringify({ text })}\n`).join('')));
  const taught = await teachInWorkFolder(parseInput(path, {}), { ...options, flags: DEFAULT_READING });
  return { ...taught, advice: undefined };
}

/** The set that `encode` has left in the current folder, with or without texts. */
async function openUpToDate(input: Input, { teacher, flags, run }: TeacherOptions): Promise<TaughtTexts | undefined> {
  const plan = planOf(input, { output: ownOutput(input), flags });
  for (const text of [true, false]) {
    const { identity } = jobOf(plan, teacher, { text });
    if (!(await isUpToDate(plan.output, plan.files, identity, run.signal))) continue;
    run.note(`using ${plan.output}, which is up to date`);
    return openTaught(plan.output, { name: input.path, texts: text ? undefined : input.path, flags, run });
  }
  return undefined;
}

/** The set in the working folder: that of an earlier run, completed where it was stopped. */
async function teachInWorkFolder(input: Input, { teacher, flags, work, run }: TeacherOptions): Promise<TaughtTexts> {
  work.open();
  const { output } = planOf(input, { output: ownOutput(input), flags });
  const plan = planOf(input, { output: join(work.path, basename(output)), flags });
  const job = jobOf(plan, teacher, { text: true });
  let advice: string | undefined;
  // whatever has the name of a set in this folder is ours
  const outcome = await encodeFiles({ ...job, resumable: input.kind !== 'pipe' }, { ...encodeFlags(flags), overwrite: true }, run);
  if (!outcome) run.note(`using ${plan.output} of an earlier run`);
  else {
    for (const line of encodeSummary({ model: teacher, ...outcome, files: [] })) run.note(line);
    if (outcome.seconds > WORTH_KEEPING_S && input.kind !== 'pipe') advice = `embed encode ${shellWord(input.path)}`;
  }
  return { ...(await openTaught(plan.output, { name: input.path, texts: undefined, flags, run })), advice };
}

async function openTaught(
  npyPath: string,
  { name, texts, flags, run }: { name: string; texts: string | undefined; flags: ReadingFlags; run: Run },
): Promise<TaughtTexts> {
  const set = openSet(npyPath);
  try {
    const rows = await openRowTexts({ set, folder: dirname(npyPath) }, { name: npyPath, texts, flags, io: run });
    return { name, set, texts: rows, advice: undefined };
  } catch (error) {
    set.close();
    throw error;
  }
}

/** What `encode` would call the set; undefined where it names it after the corpus. */
function ownOutput({ kind }: Input): string | undefined {
  return kind === 'pipe' ? 'stdin.npy' : undefined;
}

function planOf(input: Input, { output, flags }: { output: string | undefined; flags: ReadingFlags }): Plan {
  return planEncode([input], { ...encodeFlags(flags), ...(output === undefined ? {} : { output }) }, { terminal: false });
}

function jobOf(plan: Plan, model: Model, { text }: { text: boolean }): EncodeJob {
  const prompt = promptOf(model, undefined, 'documentPrompt');
  return { plan, model, prompt, identity: identityOf(plan, model, { prompt, text }), resumable: true };
}

function encodeFlags(flags: ReadingFlags): EncodeFlags {
  return { ...readingFlagsOf(flags), text: true };
}
