import type { BaselineSettings } from './header.ts';

/**
 * In what a baseline was made otherwise than this run compares: none of it makes an entry untrue, because entries hold texts; but other pairs may
 * be found, which count as new.
 *
 * @returns phrases such as "--min-cosine 0.9, now 0.94"
 */
export function settingsThatDiffer(made: readonly BaselineSettings[], now: BaselineSettings): string[] {
  const found = made.flatMap((then) => [
    ...(then.model?.hash === now.model?.hash ? [] : [`the model ${modelOf(then)}, now ${modelOf(now)}`]),
    ...(then.min_cosine === now.min_cosine ? [] : [`--min-cosine ${then.min_cosine ?? 'none'}, now ${now.min_cosine ?? 'none'}`]),
    ...(then.fold === now.fold ? [] : [`${FOLDS[then.fold]}, now ${FOLDS[now.fold]}`]),
    ...(then.differing === now.differing ? [] : [`--differing ${then.differing}, now ${now.differing}`]),
    ...(then.label_column === now.label_column ? [] : [`${labelsOf(then)}, now ${labelsOf(now)}`]),
  ]);
  return [...new Set(found)];
}

const FOLDS = { none: 'without --fold', form: '--fold', punctuation: '--fold-punctuation' } as const;

function modelOf({ model }: BaselineSettings): string {
  return model ? `${model.name} (${model.hash.replace(/^sha256:/, '').slice(0, 8)})` : 'none';
}

function labelsOf({ label_column: column }: BaselineSettings): string {
  return column === null ? 'without --label-column' : `--label-column ${column}`;
}
