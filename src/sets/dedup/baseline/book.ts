import { isWithin } from '../compare.ts';
import type { TextSides } from '../sides.ts';
import type { DedupRun, DedupSettings, Settled } from '../settings.ts';
import type { Verdicts } from '../verdicts.ts';
import { settingsThatDiffer } from './differences.ts';
import { entryLine, type Entry } from './entries.ts';
import { baselineText } from './file.ts';
import type { BaselineSettings } from './header.ts';
import { acceptsBy, countGone, knownFirst } from './known.ts';
import { entryOfLink, ledgerOf, openLedger } from './ledger.ts';
import type { LinkNear } from './near-links.ts';
import { markedBy, type Accepts, type OpenMarks } from './marks.ts';
import { countOccurrences } from './occurrences.ts';
import { presentLinks } from './present-links.ts';

/** What became of a baseline: how many entries it has, how many rows it accepts, and how many entries no longer occur. */
export type KnownDuplicates = {
  path: string;
  entries: number;
  known: number;
  gone: number;
  /** The file as it is to be, and in how many entries it differs from what it was; undefined where it is only read. */
  update?: { text: string; added: number; removed: number } | undefined;
};

/** A baseline in use. */
export type Book = {
  marks: OpenMarks;
  /** Looks through inputs that are read. `order` has the rows that are known first. */
  consult(sides: TextSides, order: Int32Array, how: Consulting): Promise<Consulted>;
};

/** How near-duplicates are found, and above which cosine; undefined where only texts are compared. */
type Near = { minCosine: number; link: LinkNear };

type Consulting = { near: Near | undefined; settled: Settled } & Pick<DedupRun, 'note'>;

type Consulted = { accepts: Accepts; order: Int32Array; outcome(verdicts: Verdicts): KnownDuplicates };

export function openBook({ path, settings, entries, update = false }: NonNullable<DedupSettings['baseline']>): Book {
  const ledger = openLedger(entries);
  const { numbers } = ledger;
  return {
    marks: markedBy(update ? numbers.add : numbers.numberOf),
    async consult(sides, rows, { near, settled, note }) {
      const { within } = settled;
      const now = settingsOf(sides, near, settled);
      if (!update) warn(path, settingsThatDiffer(settings, now), note);
      const present = update ? ledgerOf(await presentLinks(sides, rows, { ledger, within, near: near?.link }), numbers) : ledger;
      const order = knownFirst(rows, present, sides);
      const occurrences = countOccurrences(sides, order, present, { within: isWithin(sides, { within }) });
      return {
        accepts: acceptsBy(present, sides, occurrences),
        order,
        outcome: (verdicts) => ({
          path,
          entries: present.links.length,
          known: verdicts.found('accepted').filter((row) => !sides.own.rows.isAccepted(row)).length,
          gone: countGone(present, sides, occurrences, { within }),
          update: update
            ? changed(
                entries,
                present.links.map((link) => entryOfLink(link, numbers)),
                now,
              )
            : undefined,
        }),
      };
    },
  };
}

function changed(before: readonly Entry[], after: readonly Entry[], settings: BaselineSettings): KnownDuplicates['update'] {
  const old = new Set(before.map(entryLine));
  const added = after.filter((entry) => !old.has(entryLine(entry))).length;
  return { text: baselineText(settings, after), added, removed: old.size - (after.length - added) };
}

function settingsOf({ own }: TextSides, near: Near | undefined, { fold, differing, labelColumn }: Settled): BaselineSettings {
  // a run without a threshold compares texts only, whatever model made the set
  const model = near && own.opened.set?.manifest?.model;
  return {
    model: model ? { name: model.name, hash: model.hash } : null,
    min_cosine: near?.minCosine ?? null,
    fold,
    differing,
    label_column: labelColumn ?? null,
  };
}

function warn(path: string, differences: readonly string[], note: (text: string) => void): void {
  if (differences.length === 0) return;
  note(
    `warning: ${path} was made with other settings (${differences.join('; ')}): pairs that only these find count as new; --update-baseline writes it for these`,
  );
}
