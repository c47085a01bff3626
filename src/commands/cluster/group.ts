import { openClusterRows } from '../../analysis/clusters/rows.ts';
import { EmbedError } from '../../errors.ts';
import type { ClusterReport } from '../../report/clusters.ts';
import { readingWarning } from '../../report/encode-summary.ts';
import type { CorpusFlags } from '../../sets/flags.ts';
import type { Input } from '../../sets/input.ts';
import type { OpenedInput } from '../../sets/opened-input.ts';
import { assertComparable, originOfSet, type Origin } from '../../sets/origin.ts';
import { ROWS_LOOKED_AT, setLanguageWarning } from '../../sets/reading-warnings.ts';
import { filterRows } from '../../sets/row-filter.ts';
import { openRowTexts, type RowTexts } from '../../sets/row-texts.ts';
import type { Run } from '../../sets/run.ts';
import { isBlank, plural } from '../../text.ts';
import type { Matrix } from '../../vectors/matrix.ts';
import type { VectorSet } from '../../vectors/set-reader.ts';
import type { Centroids } from './centroid-files.ts';
import { describeClusters, type DescribedClusters } from './describe-clusters.ts';
import { findClusters } from './find-clusters.ts';
import type { ClusterPlan } from './flags.ts';
import { clusterReport } from './report.ts';

/** Options that decide how clusters are described, besides the plan. */
export type GroupSettings = CorpusFlags & { texts?: string; top?: number; stopWords?: ReadonlySet<string> };

type Grouping = { input: Input; plan: ClusterPlan; given: Centroids | undefined; settings: GroupSettings; run: Run };

export type Grouped = {
  report: ClusterReport;
  described: DescribedClusters;
  centroids: Matrix;
  /** The model and settings that made the vectors, if they are known. */
  origin: Origin | undefined;
  texts: RowTexts;
};

/** Finds the clusters of a set, or puts its rows into given ones, and describes them. */
export async function groupRows(opened: OpenedInput, { input, plan, given, settings, run }: Grouping): Promise<Grouped> {
  const { name } = input;
  const origin = originOfSet(opened.set);
  if (given?.known?.origin && origin) {
    const force = settings.force === true;
    const warning = assertComparable(given.known.origin, origin, { name: given.path, queries: name, force });
    if (warning !== undefined) run.note(warning);
  }
  if (given && given.matrix.cols !== opened.set.vectors.cols) {
    throw new EmbedError(
      `Cannot put rows of ${name} into the clusters of ${given.path}: their vectors have ${opened.set.vectors.cols} and ${given.matrix.cols} dims`,
      { hint: 'Both must come from the same model' },
    );
  }
  const texts = await openRowTexts(opened, { name, texts: settings.texts, flags: settings, io: run });
  const { keep, blank } = await filterRows(opened, { texts, conditions: [], name, external: settings.texts !== undefined });
  const { vectors, manifest } = opened.set;
  const unread = await unreadWarning(opened.set, { name, texts });
  // a corpus that was encoded just now has given this warning already
  if (unread !== undefined && opened.lasting) run.note(unread);
  const rows = await openClusterRows({ reader: vectors, keep, metric: plan.metric, name, signal: run.signal });
  const left = [blank > 0 ? plural(blank, 'blank row') : '', rows.zeros > 0 ? `${plural(rows.zeros, 'row')} of length zero` : ''].filter(
    (part) => part !== '',
  );
  if (left.length > 0) run.note(`${left.join(' and ')} in no cluster`);

  const found = await findClusters(rows, { plan, given, name, run });
  const described = await describeClusters(rows, found.clustering, {
    total: vectors.rows,
    texts,
    names: given?.known?.clusters,
    stopWords: settings.stopWords ?? new Set(),
    top: settings.top ?? 0,
    threads: run.threads,
  });
  const model = manifest?.model?.name ?? null;
  const report = await clusterReport(described, { texts, input: input.path, model, plan, found, blank, unread });
  return { report, described, centroids: found.clustering.centroids, origin, texts };
}

/** The warning if the model could not read much of the texts, or was not made for their language. */
async function unreadWarning(
  { manifest, vectors }: VectorSet,
  { name, texts }: { name: string; texts: RowTexts },
): Promise<string | undefined> {
  if (!manifest?.model) return undefined;
  const model = manifest.model.name;
  const unread = readingWarning(manifest.counts, { name: model, build: {} }, { what: name });
  if (unread !== undefined || !texts.known) return unread;
  const first = await texts.get(Array.from({ length: Math.min(vectors.rows, ROWS_LOOKED_AT) }, (_, row) => row));
  const shown = [...first.values()].flatMap(({ text }) => (text === undefined || isBlank(text) ? [] : [text]));
  return setLanguageWarning(model, shown);
}
