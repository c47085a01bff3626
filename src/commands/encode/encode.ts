import { isFolder } from '../../files/disk.ts';
import { encodeSummary } from '../../report/encode-summary.ts';
import type { EncodeFlags } from '../../sets/flags.ts';
import { parseInputs } from '../../sets/input.ts';
import { encodeJob, runEncodeJob } from '../../sets/job.ts';
import { planEncode } from '../../sets/plan.ts';
import type { Run } from '../../sets/run.ts';
import { isUpToDate, renewTimes } from '../../sets/up-to-date.ts';
import { assertReplaceable, manifestPath } from '../../vectors/manifest.ts';

/** `embed encode`: writes the vectors of a corpus, unless they are up to date. Returns the exit code. */
export async function encode(inputs: readonly string[], flags: EncodeFlags, run: Run): Promise<number> {
  const plan = planEncode(parseInputs(inputs, flags), flags, { terminal: run.stdout.isTTY === true });
  const job = await encodeJob(flags, plan, run);
  if (plan.form === 'set') {
    const { output } = plan;
    const checked = new Date();
    if (await isUpToDate(output, plan.files, job.identity, run.signal)) {
      renewTimes(output, checked);
      run.note(`${output} is up to date: same input, model and options`);
      return 0;
    }
    if (!flags.overwrite)
      assertReplaceable(
        output,
        inputs.map((input) => manifestPath(input, output)),
      );
  }
  const outcome = await runEncodeJob(job, flags, run);
  const from = flags.model !== undefined && isFolder(flags.model) ? flags.model : undefined;
  for (const line of encodeSummary({ model: { ...job.model, from }, ...outcome })) run.note(line);
  return 0;
}
