import { EmbedError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import { promptOf } from '../../model/variant.ts';
import { withoutUndefined } from '../../report/report.ts';
import { openModel } from '../../sets/open-model.ts';
import type { Run } from '../../sets/run.ts';
import { modelOfSet } from '../../sets/set-model.ts';
import type { VectorSet } from '../../vectors/set-reader.ts';
import type { DistillFlags } from './flags.ts';

/** The teacher that the options name; else the model that a set was made with; else the packaged one. */
export async function openTeacher(flags: DistillFlags, sets: readonly VectorSet[], run: Run): Promise<Model> {
  const known = sets.find(({ manifest }) => manifest?.model);
  if (flags.teacher !== undefined || known === undefined) {
    return openModel(withoutUndefined({ model: flags.teacher, force: flags.force }), run);
  }
  return modelOfSet(known.manifest!.model!, {
    action: `Cannot open the teacher of ${known.npyPath}`,
    hint: 'Name its folder with --teacher',
  });
}

/** Refuses sets of another model than the teacher. */
export function assertTaught(sets: readonly VectorSet[], { teacher, asked }: { teacher: Model; asked: boolean }): void {
  for (const { npyPath, manifest, vectors } of sets) {
    const own = manifest?.model;
    const same = own ? own.hash === teacher.hash || own.base === teacher.hash : true;
    if (same && vectors.cols === teacher.dims) continue;
    const theirs = own
      ? `its vectors are of ${own.name}${own.precision === null ? '' : ` (${own.precision})`}`
      : 'its vectors are of another model';
    const dims = `its vectors have ${vectors.cols} dims, those of ${teacher.name} ${teacher.dims}`;
    throw new EmbedError(`Cannot learn from ${npyPath} what ${teacher.name} does: ${same ? dims : theirs}`, {
      hint: asked
        ? 'Leave --teacher out, name the model of the set, or give the texts themselves'
        : 'Encode it again, or give the texts themselves',
    });
  }
}

/** Refuses sets whose texts were encoded with another prompt than the texts that are still to be encoded. */
export function assertPrompted(sets: readonly VectorSet[], teacher: Model): void {
  const own = promptOf(teacher, undefined, 'documentPrompt') ?? '';
  for (const { npyPath, manifest } of sets) {
    if (!manifest?.model) continue;
    const prompt = manifest.model.prompt ?? '';
    if (prompt === own) continue;
    throw new EmbedError(
      `Cannot learn from ${npyPath} and other texts: its own were encoded with the prompt ${JSON.stringify(prompt)}, these with ${JSON.stringify(own)}`,
      { hint: 'Encode it again without --prompt, or give the texts in place of the set' },
    );
  }
}

/** Refuses more dims than the teacher has. */
export function assertDims(dims: number, teacher: Model): void {
  if (dims <= teacher.dims) return;
  throw new EmbedError(`Cannot fit vectors of ${dims} dims: those of ${teacher.name} have ${teacher.dims}`, {
    hint: `Give --dims up to ${teacher.dims}`,
  });
}
