import { createHash } from 'node:crypto';
import { readFiles } from '../input/corpus.ts';
import { openSource } from '../input/source.ts';
import { manifestPath, setPaths } from '../vectors/manifest.ts';
import { isNpyPath } from '../vectors/npy.ts';
import type { Commit } from '../vectors/journal.ts';
import { findResume } from '../vectors/resume.ts';
import { openSetWriter, type SetWriter } from '../vectors/set-writer.ts';
import { claimSet } from '../vectors/work-folder.ts';
import { rowObject } from './row-object.ts';
import type { SinkKind } from './sink.ts';
import { beginsWith } from './stream.ts';

/** A vector set: `.npy`, rows and manifest. A run that was stopped resumes where its journal ends. */
export const setSink: SinkKind = {
  form: 'set',
  suffix: '.npy',
  takes: isNpyPath,
  filesOf: (output) => Object.values(setPaths(output)),
  async open({ output, files, sources, dims, identity, resumable, withText, run, claim = claimSet(output) }) {
    const inputs = files.map(({ path }) => manifestPath(path, output));
    const key = !resumable
      ? undefined
      : createHash('sha256')
          .update(JSON.stringify([identity, inputs, sources.map(({ size }) => size)]))
          .digest('hex');
    const again = (): ReturnType<typeof readFiles> =>
      readFiles(files.map(({ path, options }) => ({ source: openSource(path, run), options })));
    let writer: SetWriter;
    let resume: Commit | undefined;
    try {
      const earlier = key === undefined ? undefined : await findResume(claim, { key, signal: run.signal });
      const usable = earlier?.resume && (await beginsWith(again(), earlier.resume.last)) ? earlier.resume : undefined;
      resume = usable?.last;
      const row = (resume?.counts.rows ?? 0) + 1;
      if (earlier?.damaged)
        run.note(`warning: what an earlier run has written of ${output} has been damaged; it is encoded again from row ${row} on`);
      else if (resume) run.note(`resuming at row ${row}, where an earlier run was stopped`);
      writer = openSetWriter(claim, { dims, key, resume: usable });
    } catch (error) {
      claim.release({ keep: true });
      throw error;
    }
    return {
      resume,
      commit: (window) =>
        writer.commit({
          ...window,
          lines: window.rows.map((row, at) => JSON.stringify(rowObject(row, { read: window.reads[at]!, withText }))),
        }),
      async finish(counts) {
        const stamps = sources.map((source, at) => ({ path: inputs[at]!, bytes: source.bytesRead(), hash: source.hash() }));
        await writer.finish({ ...identity, inputs: stamps, dims, counts });
        const { vectors, rows, manifest } = setPaths(output);
        return [vectors, rows, manifest];
      },
      abandon() {
        const kept = writer.abandon();
        return kept > 0 ? `the same command resumes at row ${kept + 1}` : 'nothing was written';
      },
    };
  },
};
