import { isFolder } from '../../files/disk.ts';
import { assertFolder } from '../../files/output-file.ts';
import { openSource } from '../../input/source.ts';
import { encodeSummary } from '../../report/encode-summary.ts';
import { encodeFiles } from '../../sets/encode-files.ts';
import { assertTextsIn } from '../../sets/first-record.ts';
import type { EncodeFlags } from '../../sets/flags.ts';
import { parseInputs } from '../../sets/input.ts';
import { encodeJob } from '../../sets/job.ts';
import { planEncode } from '../../sets/plan.ts';
import { recognisePipe } from '../../sets/recognise.ts';
import type { Run } from '../../sets/run.ts';

/** `embed encode`: writes the vectors of a corpus, unless they are up to date. Returns the exit code. */
export async function encode(inputs: readonly string[], flags: EncodeFlags, run: Run): Promise<number> {
  const typed = parseInputs(inputs, flags);
  const asTyped = planEncode(typed, flags, { terminal: run.stdout.isTTY === true });
  if (asTyped.output !== '-') assertFolder(asTyped.output);
  // a single file is read at once, anyway
  if (typed.length > 1) await assertTextsIn(typed, flags, run);
  const pipe = flags.inputFormat === undefined && typed.find(({ kind }) => kind === 'pipe');
  const source = pipe && openSource(pipe.path, run);
  const plan = source ? planEncode([await recognisePipe(pipe, source, run)], flags, { terminal: false }) : asTyped;
  const job = await encodeJob(flags, plan, run);
  const outcome = await encodeFiles(job, flags, run, source ? [source] : undefined);
  if (!outcome) {
    run.note(`${plan.output} is up to date: same input, model and options`);
    return 0;
  }
  const from = flags.model !== undefined && isFolder(flags.model) ? flags.model : undefined;
  for (const line of encodeSummary({ model: { ...job.model, from }, ...outcome })) run.note(line);
  return 0;
}
