import {
  ara,
  ben,
  bul,
  cat,
  ces,
  dan,
  deu,
  ell,
  eng,
  est,
  fas,
  fin,
  fra,
  heb,
  hin,
  hrv,
  hun,
  hye,
  ind,
  ita,
  jpn,
  kor,
  lav,
  lit,
  mar,
  nld,
  nob,
  pol,
  por,
  ron,
  rus,
  slk,
  spa,
  swe,
  tha,
  tur,
  ukr,
  urd,
  vie,
  zho,
} from 'stopword';

/** What the library's list of English, the shortest of its great languages, leaves out. */
const MORE_ENGLISH =
  'a again against ain am and any aren below cannot can couldn didn do does doesn doing don down during few further hadn hasn haven having hers herself himself i isn itself just ll me more most mustn my myself needn no nor not off once our ours ourselves own re same shan she shouldn so t than theirs themselves then until ve very wasn we were weren what when which whom why will won wouldn yes yet you your yours yourself yourselves please ok okay hi hello hey thanks thank us one two get got getting let may might must shall upon via per etc'.split(
    ' ',
  );

/** Stop words by script, of languages that are likely. */
const LANGUAGES: readonly (readonly (readonly string[])[])[] = [
  [
    [...eng, ...MORE_ENGLISH],
    deu,
    fra,
    spa,
    ita,
    por,
    nld,
    pol,
    ces,
    slk,
    hrv,
    ron,
    hun,
    fin,
    swe,
    dan,
    nob,
    tur,
    ind,
    vie,
    cat,
    est,
    lit,
    lav,
  ],
  [rus, ukr, bul],
  [zho, jpn],
  [kor],
  [ara, fas, urd],
  [heb],
  [ell],
  [hin, mar],
  [ben],
  [tha],
  [hye],
];

/** Languages of one script count as written where they cover so much of what the best of them covers. */
const SHARE_OF_BEST = 0.5;

/**
 * Stop words of the languages that a corpus is written in: of each script, those whose lists cover most of its words.
 *
 * @param frequencies how often each word occurs
 */
export function stopWordsFor(frequencies: ReadonlyMap<string, number>): Set<string> {
  const chosen = new Set<string>();
  for (const languages of LANGUAGES) {
    const covered = languages.map((words) => ({ words, hits: words.reduce((sum, word) => sum + (frequencies.get(word) ?? 0), 0) }));
    const best = Math.max(...covered.map(({ hits }) => hits));
    if (best === 0) continue;
    for (const { words, hits } of covered) if (hits >= SHARE_OF_BEST * best) for (const word of words) chosen.add(word);
  }
  return chosen;
}
