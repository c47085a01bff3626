import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../errors.ts';
import { replaceFolder } from '../../files/replace-folder.ts';
import { printNote } from '../../io.ts';
import type { Model } from '../../model/model.ts';
import { writeStaticModel } from '../../model/static/write.ts';
import { openBareTokenizer, readTokenizerFile, type BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import { openProgress } from '../../progress.ts';
import type { Run } from '../../sets/run.ts';
import { fitStudent } from './fit.ts';
import type { DistillFlags } from './flags.ts';
import { cardOf } from './model-card.ts';
import { buildOf, type Distilled } from './outcome.ts';
import { planDistill, type DistillPlan } from './plan.ts';
import { printDistilled } from './report.ts';
import { surveyTexts, type Survey } from './survey.ts';
import { assertPrompted, assertTaught, openTaughtSet, openTeacher, teachCorpus, type TaughtTexts } from './teacher.ts';
import { readScoredPairs, readTextPairs, type ScoredPairs, type TextPairs } from './text-pairs.ts';
import { learnVocabulary } from './vocabulary.ts';
import { isWorkFolder, makeWorkFolder, removeWorkFolder } from './work-folder.ts';

/** `embed distill`: fits a static model to a teacher and writes its folder. */
export async function distill(inputs: readonly string[], flags: DistillFlags, io: Run): Promise<void> {
  const started = performance.now();
  const note = (text: string): void => void (flags.quiet || printNote(io.stderr, text));
  const plan = planDistill(inputs, flags);
  // what is wrong with a file is told before hours of encoding
  const given = flags.tokenizer === undefined ? undefined : readTokenizerFile(flags.tokenizer);
  const scored: ScoredPairs[] = [];
  for (const file of flags.eval ?? []) scored.push(await readScoredPairs(file, io));
  const pairs = await readWithProgress(flags, io);
  const taught: TaughtTexts[] = [];
  try {
    for (const path of plan.sets) taught.push(await openTaughtSet(path, flags, io));
    const sets = taught.map(({ set }) => set);
    const teacher = await openTeacher(flags, sets, io);
    assertTaught(sets, { teacher, asked: flags.teacher !== undefined });
    if (pairs.seconds.length > 0 || plan.corpora.length > 0) assertPrompted(sets, teacher);
    if (flags.dims > teacher.dims) {
      throw new CliError(`Cannot fit vectors of ${flags.dims} dims: those of ${teacher.name} have ${teacher.dims}`, {
        hint: `Give --dims up to ${teacher.dims}`,
      });
    }
    const open = ({ json, where }: { json: object; where: string }): BareTokenizer =>
      openBareTokenizer(json, { where, maxTokens: teacher.maxTokens });
    const ready = flags.vocab === undefined ? open(given ?? { json: teacher.tokenizer.json, where: teacher.folder }) : undefined;
    for (const path of plan.corpora) taught.push(await teachCorpus(path, { teacher, flags, work: plan.work, io }));

    const survey = await surveyAll(taught, { pairs, teacher, plan, flags, io });
    const tokenizer = ready ?? open({ json: await learnVocabulary(taught, { pairs, survey, flags, io }), where: flags.output });
    const fitted = await fitStudent(taught, { pairs, scored, survey, tokenizer, teacher, flags, io });
    const distilled: Distilled = {
      ...fitted.outcome,
      teacher: { name: teacher.name, revision: teacher.revision, hash: teacher.hash, precision: teacher.precision },
      output: flags.output,
      precision: flags.precision,
      seed: flags.seed,
      inputs: [...inputs],
      seconds: (performance.now() - started) / 1000,
    };
    replaceFolder(plan.folder, (part) => {
      const { student } = fitted;
      writeStaticModel(part, {
        ...student,
        tokenizer: tokenizer.json,
        precision: flags.precision,
        card: cardOf(distilled),
        build: buildOf(distilled),
      });
    });
    removeWorkFolder(plan.work);
    await printDistilled(distilled, { flags, io });
    for (const { advice } of taught) if (advice !== undefined) note(`its vectors went away; to keep them for the next time: ${advice}`);
  } catch (error) {
    if (io.signal.aborted && isWorkFolder(plan.work) && !(error instanceof CliError && error.hint)) {
      throw new CliError('stopped', { hint: "the teacher's vectors are kept, the same command goes on with them" });
    }
    if (!io.signal.aborted && isWorkFolder(plan.work)) note(`what the teacher has encoded is kept in ${plan.work}, for the next run`);
    throw error;
  } finally {
    for (const { set } of taught) set.close();
  }
}

async function readWithProgress(flags: DistillFlags, io: Run): Promise<TextPairs> {
  const progress = openProgress(io.stderr, { quiet: flags.quiet === true || flags.pairs === undefined });
  try {
    return await readTextPairs(flags.pairs ?? [], io, (done) => progress.update(done, 0, undefined));
  } finally {
    progress.stop();
  }
}

type Surveying = { pairs: TextPairs; teacher: Model; plan: DistillPlan; flags: DistillFlags; io: Run };

/** Looks through the texts, and has the teacher encode what begins a pair and is not among them. Adds that set to `taught`. */
async function surveyAll(taught: TaughtTexts[], { pairs, teacher, plan, flags, io }: Surveying): Promise<Survey> {
  const progress = openProgress(io.stderr, { quiet: flags.quiet === true });
  let survey: Survey;
  try {
    survey = await surveyTexts(taught, { pairs, seed: flags.seed, io, onRows: (rows) => progress.update(rows, 0, undefined) });
  } finally {
    progress.stop();
  }
  if (survey.texts < MIN_TEXTS) {
    throw new CliError(`Cannot fit a model to ${survey.texts === 1 ? 'one text' : `${survey.texts} texts`}`, {
      hint: 'Give at least some thousands, better some hundred thousand, of the kind that the model is for',
    });
  }
  const { firstPlaces } = survey;
  const missing = Array.from(pairs.firsts.keys()).filter((_, first) => firstPlaces.found[first] === 0);
  if (missing.length === 0) return survey;
  makeWorkFolder(plan.work);
  // always the same bytes for the same pairs, so that encoding them is resumed
  const path = join(plan.work, 'pairs.jsonl');
  writeFileSync(path, missing.map((text) => `${JSON.stringify({ text })}\n`).join(''));
  const { inputFormat: _, idColumn: __, delimiter: ___, encoding: ____, ...rest } = flags;
  const plain: DistillFlags = { ...rest, textColumn: [], columns: 'all', header: true };
  const set = taught.length;
  taught.push(await teachCorpus(path, { teacher, flags: plain, work: plan.work, io, ofPairs: true }));
  let row = 0;
  for (let first = 0; first < pairs.firsts.size; first++) {
    if (firstPlaces.found[first] === 1) continue;
    firstPlaces.sets[first] = set;
    firstPlaces.rows[first] = row++;
  }
  return survey;
}

/** Fewer texts say nothing about any word. */
const MIN_TEXTS = 2;
