import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { say, type Io } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import { promptOf } from '../../model/variant.ts';
import { encodeSummary } from '../../report/encode-summary.ts';
import { DEFAULT_READING, readingFlagsOf, runFlagsOf, type EncodeFlags, type ReadingFlags, type RunFlags } from '../../sets/flags.ts';
import { runEncodeJob, WORTH_KEEPING_S, type EncodeJob } from '../../sets/job.ts';
import { identityOf, isUpToDate, planEncode, type SetPlan } from '../../sets/plan.ts';
import { openRowTexts, type RowTexts } from '../../sets/row-texts.ts';
import { shellWord } from '../../text.ts';
import { openSet, type VectorSet } from '../../vectors/set-reader.ts';
import { makeWorkFolder } from './work-folder.ts';

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
  flags: ReadingFlags & RunFlags;
  /** Folder of sets that go away when all is done. */
  work: string;
  io: Io;
};

/** Opens a vector set with its texts. */
export async function openTaughtSet(npyPath: string, flags: ReadingFlags & { texts?: string }, io: Io): Promise<TaughtTexts> {
  return openTaught(npyPath, { name: npyPath, texts: flags.texts, flags, io });
}

/** A corpus with the teacher's vectors: an up-to-date set that `encode` has left in the current folder, else one in the working folder. */
export async function teachCorpus(input: string, options: TeacherOptions): Promise<TaughtTexts> {
  return (await openUpToDate(input, options)) ?? teachInWorkFolder(input, options);
}

/** Texts that begin a pair and are in no corpus. */
export async function teachFirsts(firsts: readonly string[], { flags, work, ...options }: TeacherOptions): Promise<TaughtTexts> {
  makeWorkFolder(work);
  // the same pairs give the same bytes, so encoding them can be resumed
  const path = join(work, 'pairs.jsonl');
  writeFileSync(path, firsts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const taught = await teachInWorkFolder(path, { ...options, work, flags: { ...DEFAULT_READING, ...runFlagsOf(flags) } });
  return { ...taught, advice: undefined };
}

/** The set that `encode` has left in the current folder, with or without texts. */
async function openUpToDate(input: string, { teacher, flags, io }: TeacherOptions): Promise<TaughtTexts | undefined> {
  const plan = planOf(input, input === '-' ? 'stdin.npy' : undefined, flags);
  for (const text of [true, false]) {
    const { identity } = jobOf(plan, teacher, { text });
    if (!(await isUpToDate(plan.npyPath, plan.files, identity, io.signal))) continue;
    if (!flags.quiet) say(io.stderr, `using ${plan.npyPath}, which is up to date`);
    return openTaught(plan.npyPath, { name: input, texts: text ? undefined : input, flags, io });
  }
  return undefined;
}

/** The set in the working folder: that of an earlier run, completed where it was stopped. */
async function teachInWorkFolder(input: string, { teacher, flags, work, io }: TeacherOptions): Promise<TaughtTexts> {
  const note = (text: string): void => void (flags.quiet || say(io.stderr, text));
  makeWorkFolder(work);
  const name = basename(planOf(input, input === '-' ? 'stdin.npy' : undefined, flags).npyPath);
  const plan = planOf(input, join(work, name), flags);
  const job = jobOf(plan, teacher, { text: true });
  let advice: string | undefined;
  if (await isUpToDate(plan.npyPath, plan.files, job.identity, io.signal)) note(`using ${plan.npyPath} of an earlier run`);
  else {
    const outcome = await runEncodeJob({ ...job, resumable: input !== '-' }, encodeFlags(flags, plan.npyPath), io);
    for (const line of encodeSummary({ model: teacher, ...outcome, files: [] })) note(line);
    if (outcome.seconds > WORTH_KEEPING_S && input !== '-') advice = `embed encode ${shellWord(input)}`;
  }
  return { ...(await openTaught(plan.npyPath, { name: input, texts: undefined, flags, io })), advice };
}

async function openTaught(
  npyPath: string,
  { name, texts, flags, io }: { name: string; texts: string | undefined; flags: ReadingFlags; io: Io },
): Promise<TaughtTexts> {
  const set = openSet(npyPath);
  try {
    const rows = await openRowTexts({ set, folder: dirname(npyPath) }, { name: npyPath, texts, flags, io });
    return { name, set, texts: rows, advice: undefined };
  } catch (error) {
    set.close();
    throw error;
  }
}

function planOf(input: string, output: string | undefined, flags: ReadingFlags & RunFlags): SetPlan {
  return planEncode([input], encodeFlags(flags, output), { terminal: false }) as SetPlan;
}

function jobOf(plan: SetPlan, model: Model, { text }: { text: boolean }): EncodeJob {
  const prompt = promptOf(model, undefined, 'documentPrompt');
  return { plan, model, prompt, identity: identityOf(plan, model, { prompt, text }), resumable: true };
}

function encodeFlags(flags: ReadingFlags & RunFlags, output: string | undefined): EncodeFlags {
  return { ...readingFlagsOf(flags), ...runFlagsOf(flags), text: true, ...(output === undefined ? {} : { output }) };
}
