import { isFolder } from '../../files/disk.ts';
import { printNote, type Io } from '../../io.ts';
import { encodeSummary } from '../../report/encode-summary.ts';
import type { EncodeFlags } from '../../sets/flags.ts';
import { encodeJob, runEncodeJob } from '../../sets/job.ts';
import { isUpToDate, planEncode } from '../../sets/plan.ts';
import { assertReplaceable, manifestPath } from '../../vectors/manifest.ts';

/** `embed encode`: writes the vectors of a corpus, unless they are there already. */
export async function encode(inputs: readonly string[], flags: EncodeFlags, io: Io): Promise<void> {
  const note = (text: string): void => void (flags.quiet || printNote(io.stderr, text));
  const plan = planEncode(inputs, flags, { terminal: io.stdout.isTTY === true });
  const job = await encodeJob(flags, plan, io);
  if (plan.form === 'set') {
    const { npyPath } = plan;
    if (await isUpToDate(npyPath, plan.files, job.identity, io.signal)) {
      note(`${npyPath} is up to date: same input, model and options`);
      return;
    }
    if (!flags.overwrite)
      assertReplaceable(
        npyPath,
        inputs.map((input) => manifestPath(input, npyPath)),
      );
  }
  const outcome = await runEncodeJob(job, flags, io);
  const from = flags.model !== undefined && isFolder(flags.model) ? flags.model : undefined;
  for (const line of encodeSummary({ model: { ...job.model, from }, ...outcome })) note(line);
}
