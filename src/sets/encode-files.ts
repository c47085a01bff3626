import { existsSync, statSync } from 'node:fs';
import type { Source } from '../input/source.ts';
import { assertReplaceable } from '../vectors/manifest-file.ts';
import { manifestPath, setPaths } from '../vectors/manifest.ts';
import { claimSet, healNames, tryClaim, workFolder } from '../vectors/work-folder.ts';
import type { EncodeFlags } from './flags.ts';
import { runEncodeJob, type EncodeJob, type EncodeOutcome } from './job.ts';
import type { Run } from './run.ts';
import { isUpToDate, renewTimes } from './up-to-date.ts';

/**
 * Runs a job, unless what it would write is there. The output is claimed before it is looked at, so that of two runs that begin at the
 * same time one encodes, and the other is refused.
 *
 * @param sources the files of the plan, if they are open already
 * @returns undefined where the output is up to date
 */
export async function encodeFiles(
  job: EncodeJob,
  flags: EncodeFlags,
  run: Run,
  sources?: readonly Source[],
): Promise<EncodeOutcome | undefined> {
  const { output, files, form } = job.plan;
  if (form !== 'set') return runEncodeJob(job, flags, run, sources);
  healNames(output);
  const checked = new Date();
  const seen = generationOf(output);
  if (await isUpToDate(output, files, job.identity, run.signal)) {
    renewTimes(output, checked);
    removeLeftovers(output);
    return undefined;
  }
  const claim = claimSet(output);
  try {
    // another run may have written it in the meantime
    if (generationOf(output) !== seen && (await isUpToDate(output, files, job.identity, run.signal))) return undefined;
    if (flags.overwrite !== true) {
      assertReplaceable(
        output,
        files.map(({ path }) => manifestPath(path, output)),
      );
    }
    return await runEncodeJob({ ...job, claim }, flags, run, sources);
  } finally {
    claim.release({ keep: true });
  }
}

function generationOf(npyPath: string): string {
  const stats = statSync(setPaths(npyPath).manifest, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.ino}:${stats.mtimeNs}` : '';
}

/** What a run has left that was killed: there is nothing to be resumed from it. */
function removeLeftovers(npyPath: string): void {
  if (!existsSync(workFolder(npyPath))) return;
  const claim = tryClaim(npyPath);
  if ('lock' in claim) claim.release();
}
