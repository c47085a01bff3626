import { EmbedError } from '../../errors.ts';
import { settleFolder } from '../../files/folder-leftovers.ts';
import { replaceFolder } from '../../files/replace-folder.ts';
import { writeError } from '../../files/write-error.ts';
import { writeStaticModel } from '../../model/static/write.ts';
import { openBareTokenizer, readTokenizerFile, type BareTokenizer } from '../../model/tokenizer/bare-tokenizer.ts';
import type { Progress } from '../../progress.ts';
import { assertTextsIn } from '../../sets/first-record.ts';
import type { Run } from '../../sets/run.ts';
import { plural } from '../../text.ts';
import { fitStudent } from './fit.ts';
import type { DistillFlags } from './flags.ts';
import { cardOf } from './model-card.ts';
import { buildOf, type Distilled } from './outcome.ts';
import { outputFolder, planDistill } from './plan.ts';
import { printDistilled } from './report.ts';
import { surveyTexts } from './survey.ts';
import { assertDims, assertPrompted, assertTaught, openTeacher } from './teacher-model.ts';
import { openTaughtSet, teachCorpus, teachFirsts, type TaughtTexts } from './teacher.ts';
import { readScoredPairs, readTextPairs, type ScoredPairs } from './text-pairs.ts';
import { learnVocabulary } from './vocabulary.ts';
import { workFolder } from './work-folder.ts';

/** `embed distill`: fits a static model to a teacher and writes its folder. */
export async function distill(inputs: readonly string[], flags: DistillFlags, run: Run): Promise<number> {
  const started = performance.now();
  settleFolder(outputFolder(flags), run.note);
  const plan = planDistill(inputs, flags);
  const work = workFolder(plan.work, { output: plan.folder });
  // an error in one of these files must not come after hours of encoding
  const given = flags.tokenizer === undefined ? undefined : readTokenizerFile(flags.tokenizer);
  const scored: ScoredPairs[] = [];
  if (inputs.length > 1) await assertTextsIn(plan.corpora, flags, run);
  const reading = { io: run, maxRecordSize: flags.maxRecordSize };
  for (const file of flags.eval ?? []) scored.push(await readScoredPairs(file, reading));
  const { pairs: files = [] } = flags;
  const pairs = await withProgress(run.progress({ shown: files.length > 0 }), (onRows) => readTextPairs(files, reading, onRows));
  const taught: TaughtTexts[] = [];
  const others: TaughtTexts[] = [];
  try {
    for (const path of plan.sets) taught.push(await openTaughtSet(path, flags, run));
    const sets = taught.map(({ set }) => set);
    const teacher = await openTeacher(flags, sets, run);
    assertTaught(sets, { teacher, asked: flags.teacher !== undefined });
    if (pairs.seconds.length > 0 || plan.corpora.length > 0) assertPrompted(sets, teacher);
    assertDims(flags.dims, teacher);
    const open = ({ json, where }: { json: object; where: string }): BareTokenizer =>
      openBareTokenizer(json, { where, maxTokens: teacher.maxTokens });
    const ready = flags.vocab === undefined ? open(given ?? { json: teacher.tokenizer.json, where: teacher.folder }) : undefined;
    const teaching = { teacher, flags, work, run };
    for (const path of plan.corpora) taught.push(await teachCorpus(path, teaching));

    const survey = await withProgress(run.progress(), (onRows) =>
      surveyTexts(taught, { pairs, seed: flags.seed, signal: run.signal, onRows }),
    );
    if (survey.missingFirsts.length > 0) others.push(await teachFirsts(survey.missingFirsts, teaching));
    const all = [...taught, ...others];
    const tokenizer = ready ?? open({ json: await learnVocabulary(all, { pairs, survey, flags, run }), where: flags.output });
    const fitted = await fitStudent(taught, { sets: all.map(({ set }) => set), pairs, scored, survey, tokenizer, teacher, flags, run });
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
    work.remove(run.note);
    await printDistilled(distilled, { flags, run });
    for (const { name, advice } of taught)
      if (advice !== undefined) run.note(`the vectors of ${name} were removed; to keep them: ${advice}`);
    return 0;
  } catch (error) {
    const kept = work.abandon();
    if (run.signal.aborted && kept > 0 && !(error instanceof EmbedError && error.hint)) {
      throw new EmbedError('stopped', { hint: "the teacher's vectors are kept; the same command resumes with them" });
    }
    if (!run.signal.aborted && kept > 0)
      run.note(`the teacher's vectors of ${plural(kept, 'text')} are kept in ${plan.work} for the next run`);
    throw writeError(flags.output, error);
  } finally {
    for (const { set } of [...taught, ...others]) set.close();
  }
}

async function withProgress<T>(progress: Progress, work: (onRows: (rows: number) => void) => Promise<T>): Promise<T> {
  try {
    return await work((rows) => progress.update(rows, 0, undefined));
  } finally {
    progress.stop();
  }
}
