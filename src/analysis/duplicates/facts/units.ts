/**
 * Units by their name, with the words and signs that stand for them after a number, or before one for currencies. "Pound" is none: it is money and a
 * weight. Each unit has a bit; the last few share that of the first, with which they are not confused.
 */
const UNITS: Readonly<Record<string, string>> = {
  '₴': '₴ грн гривень гривні гривня uah гривен гривны',
  zł: 'zł pln złotych złote złoty zloty',
  '₩': '₩ krw 원 won',
  '₽': '₽ руб рубль рубля рублей rub rubles roubles ruble rubel рубли ルーブル 卢布',
  '₹': '₹ rs inr rupees rupee',
  '%': '% percent pct prozent pourcent процент процента процентов процентами проценти відсотків відсотка procent procenta процентах パーセント 퍼센트 프로',
  $: '$ us$ usd dollar dollars dólar dólares dollari dollaro dolar dolarów dolary доллар доллара долларов доларів доллару ドル 美元 美金 달러',
  '€': '€ eur euro euros euró евро євро ユーロ 欧元 歐元 유로',
  '£': '£ gbp 英镑 英鎊',
  '¥': '¥ yen jpy yens иен йен 円 日元 엔',
  元: '元 yuan cny rmb юаней юаня юань 人民币 人民幣 块 塊 위안',
  km: 'km kms kilometer kilometers kilometre kilometres kilomètres kilomètre kilómetros kilómetro chilometri quilômetros quilómetros kilometrów kilometry км километр километра километров кілометрів кілометри キロメートル 公里 千米 킬로미터',
  m: 'm meter meters metre metres mètres mètre metros metri metrów metry м метр метра метров метрів メートル 米 公尺 미터',
  cm: 'cm centimeter centimeters centimetre centimetres zentimeter centimètres centímetros centimetri см сантиметр сантиметра сантиметров センチ センチメートル 厘米 公分 센티미터',
  mi: 'mile miles mi meile meilen milles millas miglia milhas mijl mil миля мили миль マイル 英里 哩 마일',
  ft: 'ft feet foot fuss футов фута 英尺 フィート 피트',
  inch: 'inch inches zoll дюйм дюймов дюйма インチ 英寸 인치',
  kg: 'kg kgs kilo kilos kilogram kilograms kilogramm kg. килограмм килограмма килограммов кг кілограм кілограмів キロ キログラム 公斤 千克 킬로그램',
  g: 'g gr gram grams gramm grammes gramos grammi gramas gramów г грамм грамма граммов グラム 克 그램',
  lb: 'lb lbs 磅',
  t: 'ton tons tonne tonnes tonnen toneladas tonnellate тонн тонны тонна トン 吨 噸 톤',
  l: 'l liter liters litre litres litros litri litrów л литр литра литров リットル 升 리터',
  gb: 'gb gigabyte gigabytes гб гигабайт ギガ',
  mb: 'mb megabyte megabytes мб мегабайт',
  year: 'year years yr yrs jahr jahre jahren ans année années año años anno anni ano anos jaar jaren rok lata lat год года лет годов рік роки років',
  month: 'month months monat monate monaten mois mes meses mese mesi mês maand maanden miesiąc miesiące miesięcy месяц месяца месяцев місяць місяці місяців 个月 個月 ヶ月 か月 カ月 ケ月 개월',
  week: 'week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane weken tydzień tygodnie tygodni неделя неделю недели недель тиждень тижні тижнів 周 週間 星期 个星期 個星期 주',
  day: 'day days tag tage tagen jour jours día días giorno giorni dia dias dag dagen dzień dni день дня дней дні днів 天 日間',
  hour: 'hour hours hr hrs h stunde stunden heure heures hora horas ora ore uur uren godzina godziny godzin час часа часов година години годин 小时 小時 个小时 個小時 時間 시간',
  minute: 'minute minutes min mins minuten minuto minutos minuti minuut minuta minuty minut минута минуту минуты минут хвилина хвилину хвилини хвилин 分钟 分鐘 分間',
  second: 'second seconds sec secs sekunde sekunden seconde secondes segundo segundos secondi seconden sekunda sekundy sekund секунда секунду секунды секунд 秒 秒钟 秒間 초',
  mg: 'mg milligram milligrams мг миллиграмм 毫克 ミリグラム',
  mm: 'mm millimeter millimeters мм миллиметр миллиметров ミリ 毫米',
  tb: 'tb terabyte terabytes тб',
  '°C': '°c celsius',
  '°F': '°f fahrenheit',
}; // prettier-ignore

let units: Map<string, string> | undefined;

function table(): ReadonlyMap<string, string> {
  return (units ??= new Map(Object.entries(UNITS).flatMap(([unit, words]) => words.split(' ').map((word) => [word, unit]))));
}

/** Texts without spaces go on after a unit. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}\p{Script=Hangul}ー]/u;
const MAX_UNSPACED = 6;

/** The unit at the beginning of `after`, what follows a number. */
export function unitAfter(after: string): string | undefined {
  const word = /^[ -]?([%$€£¥₽₴₹₩]|°[cf]|us\$|[\p{L}\p{M}ー]+)/u.exec(after)?.[1];
  if (word === undefined) return undefined;
  const own = table().get(word);
  if (own !== undefined || !UNSPACED.test(word)) return own;
  for (let length = Math.min(MAX_UNSPACED, word.length - 1); length > 0; length--) {
    const unit = table().get(word.slice(0, length));
    if (unit !== undefined) return unit;
  }
  return undefined;
}

/** The currency at the end of `before`, what precedes a number. */
export function currencyBefore(before: string): string | undefined {
  const word = /(?:^|[^\p{L}])([$€£¥₽₴₹₩]|us\$|usd|eur|gbp|cny|rmb|jpy|inr|rs|pln)\.? ?$/u.exec(before)?.[1];
  return word === undefined ? undefined : table().get(word);
}

const BITS = 31;

/** A bit for each of these units; 0 for none. */
export function unitBits(names: readonly string[]): number {
  const all = Object.keys(UNITS);
  return names.reduce((bits, name) => bits | (1 << (all.indexOf(name) % BITS)), 0);
}
