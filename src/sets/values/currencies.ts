/** Signs and words of currencies, by their code. "$" and "¥" stand for the dollar and the yen unless a letter says otherwise. */
const SIGNS: Readonly<Record<string, string>> = {
  $: 'USD',
  us$: 'USD',
  c$: 'CAD',
  ca$: 'CAD',
  a$: 'AUD',
  au$: 'AUD',
  nz$: 'NZD',
  hk$: 'HKD',
  s$: 'SGD',
  r$: 'BRL',
  '€': 'EUR',
  euro: 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  円: 'JPY',
  元: 'CNY',
  '₽': 'RUB',
  руб: 'RUB',
  р: 'RUB',
  '₴': 'UAH',
  грн: 'UAH',
  '₹': 'INR',
  '₩': 'KRW',
  원: 'KRW',
  zł: 'PLN',
  kč: 'CZK',
  fr: 'CHF',
  sfr: 'CHF',
  '₺': 'TRY',
  '₫': 'VND',
  '₪': 'ILS',
  '฿': 'THB',
};

let codes: ReadonlySet<string> | undefined;

/** The code of a currency; undefined for another word. Other signs that Unicode knows stand for themselves. */
export function currencyOf(word: string): string | undefined {
  const own = SIGNS[word.toLowerCase().replace(/\.$/, '')];
  if (own !== undefined) return own;
  if (/^\p{Sc}$/u.test(word)) return word;
  codes ??= new Set(Intl.supportedValuesOf('currency'));
  const code = word.toUpperCase();
  return codes.has(code) ? code : undefined;
}

/** An amount without its currency, which stands before or after it, and the currency, '' where there is none. */
export function splitAmount(text: string): { amount: string; currency: string } | undefined {
  const { sign = '', before, inner = '', amount, after } = AMOUNT.exec(text)?.groups ?? {};
  if (amount === undefined || (before !== undefined && after !== undefined)) return undefined;
  const word = before ?? after;
  const currency = word === undefined ? '' : currencyOf(word);
  return currency === undefined ? undefined : { amount: sign + inner + amount, currency };
}

const WORD = String.raw`\p{L}{0,3}\p{Sc}|\p{L}{1,4}\.?`;
const AMOUNT = new RegExp(
  String.raw`^(?<sign>[+-])? ?(?<before>${WORD})? ?(?<inner>[+-])?(?<amount>\d[\d.,' ’]*?) ?(?<after>${WORD})?$`,
  'u',
);
