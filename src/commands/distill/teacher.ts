import { basename, dirname, join } from 'node:path';
import { CliError } from '../../errors.ts';
import { say, type Io } from '../../io.ts';
import { readFolder } from '../../model/folder/folder.ts';
import { parseHubName } from '../../model/hub/cache.ts';
import { cachedModel } from '../../model/hub/hub.ts';
import type { Model } from '../../model/model.ts';
import { packagedFolder } from '../../model/packaged.ts';
import { promptOf } from '../../model/variant.ts';
import { encodeSummary } from '../../report/encode-summary.ts';
import type { EncodeFlags } from '../../sets/flags.ts';
import { runEncodeJob, WORTH_KEEPING_S, type EncodeJob } from '../../sets/job.ts';
import { openModel } from '../../sets/open-model.ts';
import { identityOf, isUpToDate, planEncode, type SetPlan } from '../../sets/plan.ts';
import { openRowTexts, type RowTexts } from '../../sets/row-texts.ts';
import { shellWord } from '../../text.ts';
import type { ManifestModel } from '../../vectors/manifest.ts';
import { openSet, type VectorSet } from '../../vectors/set-reader.ts';
import type { DistillFlags } from './flags.ts';
import { makeWorkFolder } from './work-folder.ts';

/** Texts with the teacher's vectors of them. */
export type TaughtTexts = {
  /** As it was given. */
  name: string;
  set: VectorSet;
  texts: RowTexts;
  /** Whether it holds what begins a pair and is not among TEXTS. */
  ofPairs: boolean;
  /** What to type so that its vectors stay; undefined where they do, or where that would save little. */
  advice: string | undefined;
};

export type TeacherOptions = {
  teacher: Model;
  flags: DistillFlags;
  /** Folder of sets that go away when all is done. */
  work: string;
  io: Io;
};

/** Opens a vector set with its texts. */
export async function openTaughtSet(npyPath: string, flags: DistillFlags, io: Io): Promise<TaughtTexts> {
  const set = openSet(npyPath);
  try {
    const texts = await openRowTexts({ set, folder: dirname(npyPath) }, { name: npyPath, texts: flags.texts, flags, io });
    return { name: npyPath, set, texts, ofPairs: false, advice: undefined };
  } catch (error) {
    set.close();
    throw error;
  }
}

/**
 * A corpus with the teacher's vectors: those that `encode` has left in the folder one is in, where they are up to date, else those in the
 * working folder, which are computed as far as they are not there yet.
 */
export async function teachCorpus(input: string, options: TeacherOptions & { ofPairs?: boolean }): Promise<TaughtTexts> {
  const { teacher, flags, work, io, ofPairs = false } = options;
  const note = (text: string): void => void (flags.quiet || say(io.stderr, text));
  const own = planOf(input, input === '-' ? 'stdin.npy' : undefined, flags);
  const job = jobOf(own, teacher);
  for (const text of ofPairs ? [] : [true, false]) {
    const identity = { ...job.identity, options: { ...job.identity.options, text } };
    if (!(await isUpToDate(own.npyPath, own.files, identity, io.signal))) continue;
    note(`using ${own.npyPath}, which is up to date`);
    const set = openSet(own.npyPath);
    const texts = await openRowTexts({ set, folder: '.' }, { name: own.npyPath, texts: text ? undefined : input, flags, io });
    return { name: input, set, texts, ofPairs: false, advice: undefined };
  }
  makeWorkFolder(work);
  const plan = planOf(input, join(work, basename(own.npyPath)), flags);
  const working = jobOf(plan, teacher);
  let advice: string | undefined;
  if (await isUpToDate(plan.npyPath, plan.files, working.identity, io.signal)) note(`using ${plan.npyPath} of an earlier run`);
  else {
    const outcome = await runEncodeJob({ ...working, resumable: input !== '-' }, encodeFlags(flags, plan.npyPath), io);
    for (const line of encodeSummary({ model: teacher, ...outcome, files: [] })) note(line);
    if (outcome.seconds > WORTH_KEEPING_S && input !== '-' && !ofPairs) advice = `embed encode ${shellWord(input)}`;
  }
  const set = openSet(plan.npyPath);
  const texts = await openRowTexts({ set, folder: '.' }, { name: input, texts: undefined, flags, io });
  return { name: input, set, texts, ofPairs, advice };
}

function planOf(input: string, output: string | undefined, flags: DistillFlags): SetPlan {
  return planEncode([input], encodeFlags(flags, output), { terminal: false }) as SetPlan;
}

function jobOf(plan: SetPlan, model: Model): EncodeJob {
  const prompt = promptOf(model, undefined, 'documentPrompt');
  return { plan, model, prompt, identity: identityOf(plan, model, { prompt, text: true }), resumable: true };
}

/** The options of `encode` among those of `distill`; dims and precision are those of the product. */
function encodeFlags(flags: DistillFlags, output: string | undefined): EncodeFlags {
  const { inputFormat, idColumn, delimiter, encoding, force, threads, quiet, textColumn, columns, header } = flags;
  const given = { inputFormat, idColumn, delimiter, encoding, force, threads, quiet, output };
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<EncodeFlags>),
    textColumn,
    columns,
    header,
    text: true,
  };
}

/** The teacher that is asked for; where none is, the model that a set was made with, else the packaged one. */
export async function openTeacher(flags: DistillFlags, sets: readonly VectorSet[], io: Io): Promise<Model> {
  const own = sets.find(({ manifest }) => manifest?.model)?.manifest?.model;
  if (flags.teacher !== undefined || !own) {
    const { teacher: model, force, threads, quiet } = flags;
    const given = Object.entries({ model, force, threads, quiet }).filter(([, value]) => value !== undefined);
    return openModel(Object.fromEntries(given), io);
  }
  return modelOfSet(own, sets[0]!.npyPath);
}

async function modelOfSet(own: ManifestModel, npyPath: string): Promise<Model> {
  const packaged = packagedFolder(own.name);
  if (packaged !== undefined) return readFolder(packaged, own.name);
  const published = parseHubName(own.revision === null ? own.name : `${own.name}@${own.revision}`);
  const here = published && (await cachedModel(published));
  if (here) return readFolder(here.folder, published.id, { revision: here.commit, force: true });
  throw new CliError(
    `Cannot open the teacher of ${npyPath}: its vectors are of the model ${own.name}, which is neither in the package nor in the cache`,
    {
      hint: published ? `Fetch it: embed models get ${own.name}` : 'Name its folder with --teacher',
    },
  );
}

/** Refuses sets that are not of one model, and sets of another model than the teacher. */
export function assertTaught(sets: readonly VectorSet[], { teacher, asked }: { teacher: Model; asked: boolean }): void {
  for (const { npyPath, manifest, vectors } of sets) {
    const own = manifest?.model;
    const same = own ? own.hash === teacher.hash || own.base === teacher.hash : true;
    if (same && vectors.cols === teacher.dims) continue;
    const theirs = own
      ? `its vectors are of ${own.name}${own.precision === null ? '' : ` (${own.precision})`}`
      : 'its vectors are of another model';
    throw new CliError(
      `Cannot learn from ${npyPath} what ${teacher.name} does: ${same ? `its vectors have ${vectors.cols} dims, those of ${teacher.name} ${teacher.dims}` : theirs}`,
      {
        hint: asked
          ? 'Leave --teacher out, name the model of the set, or give the texts themselves'
          : 'Encode it again, or give the texts themselves',
      },
    );
  }
}

/** Refuses sets whose texts were encoded behind other words than those that are still to be encoded. */
export function assertPrompted(sets: readonly VectorSet[], teacher: Model): void {
  const own = promptOf(teacher, undefined, 'documentPrompt') ?? '';
  const other = sets.find(({ manifest }) => manifest?.model && (manifest.model.prompt ?? '') !== own);
  if (other === undefined) return;
  throw new CliError(
    `Cannot learn from ${other.npyPath} and other texts: its own were encoded with the prompt ${JSON.stringify(other.manifest!.model!.prompt ?? '')}, these with ${JSON.stringify(own)}`,
    { hint: 'Encode it again without --prompt, or give the texts in place of the set' },
  );
}
