const DIGITS: Readonly<Record<string, number>> = {
  零: 0, 〇: 0, 一: 1, 二: 2, 两: 2, 兩: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9,
}; // prettier-ignore
const PLACES: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000 };
const SCALES: Readonly<Record<string, number>> = { 万: 1e4, 萬: 1e4, 亿: 1e8, 億: 1e8 };

/** Runs of numerals with what stands before and after them. */
const RUN = /(?<![\d.])(第|百分之|星期|礼拜|禮拜)?([零〇一二两兩三四五六七八九十百千万萬亿億]+)(?=(.?.?))/gu;

/** What is counted: after one of these, or a unit, numerals are a number. */
const COUNTERS =
  '个個只隻条條张張本年月日天名位件次回号號点點时時分秒岁歳歲块塊元円圆圓倍章节節卷卷巻期级級階层層楼樓頭头匹台臺枚杯着足冊册羽种種辆輛架部间間家座口把双雙套门門节課课公英小歩步人つヶか周週世番軒題题款度代丁';
/** Words in which a numeral counts nothing: very, ten thousand to one, sandwich, greengrocer, … */
const WORDS =
  /^(?:十分(?!钟|鐘|間|之|[0-9])|万一|萬一|千万|千萬|万分|百分|八百屋|六本木|三明治|四川|三角|十字|百度|一[^十百千万萬亿億零〇一二三四五六七八九月日号號]|三三|千代|二度と|万人)/u;

/** `text` with Chinese and Japanese numerals written as digits where they are numbers: 三天 as 3天, 二十五 as 25; not in 一起, 十分. */
export function withHanDigits(text: string): string {
  return text.replace(RUN, (found, before: string | undefined, run: string, after: string) => {
    const value = valueOf(run);
    if (value === undefined) return found;
    if (before === '百分之') return `${value}%`;
    if (before === '第') return `${before}${value}`;
    if (before !== undefined) return found;
    if (run.length === 1) {
      if (WORDS.test(run + after) || !COUNTERS.includes(after[0] ?? ' ')) return found;
      return String(value);
    }
    return WORDS.test(run + after) ? found : String(value);
  });
}

/** 1億2000万, 36万1400 */
const SCALED = /(\d{1,6})([億亿억万萬만])(\d{1,4})([万萬만]?)(\d{1,4})?(?![\d.,])/g;

/** `text` with numbers of digits and characters, one after another, as one number: 36万1400 as 361400. */
export function withScaledDigits(text: string): string {
  return text.replace(SCALED, (_, high: string, scale: string, middle: string, ten: string, low = '0') => {
    const base = Number(high) * (/[万萬만]/.test(scale) ? 1e4 : 1e8);
    return String(base + Number(middle) * (ten === '' ? 1 : 1e4) + Number(low));
  });
}

/** Korean numbers from two on, before what is counted. */
const HANGUL_NUMBERS = ['두', '세', '네', '다섯', '여섯', '일곱', '여덟', '아홉', '열'];
const HANGUL_RUN = new RegExp(
  `(?<!\\p{L})(${HANGUL_NUMBERS.join('|')}) ?(?=개|명|사람|마리|번|달|살|권|대|잔|병|장|시간|가지|배|곳|쌍|줄|시(?![가-힣]))`,
  'gu',
);

/** `text` with Korean numbers from two to ten written as digits: 세 명 as 3명. */
export function withHangulDigits(text: string): string {
  return text.replace(HANGUL_RUN, (_, word: string) => String(HANGUL_NUMBERS.indexOf(word) + 2));
}

/** The number that numerals make; undefined for such as 七八 (seven or eight). */
function valueOf(run: string): string | undefined {
  if (/^[零〇一二三四五六七八九]+$/.test(run) && run.length > 1) {
    // a year is spelled digit by digit
    return run.length >= 3 ? Array.from(run, (one) => DIGITS[one]!).join('') : undefined;
  }
  let [total, section, digit] = [0, 0, -1];
  for (const one of run) {
    const [value, place, scale] = [DIGITS[one], PLACES[one], SCALES[one]];
    if (value !== undefined) {
      if (digit > 0) return undefined;
      digit = value;
    } else if (place !== undefined) {
      section += (digit < 0 ? 1 : digit) * place;
      digit = -1;
    } else {
      section += Math.max(0, digit);
      total = (total + (section || 1)) * scale!;
      [section, digit] = [0, -1];
    }
  }
  const number = total + section + Math.max(0, digit);
  return Number.isSafeInteger(number) ? String(number) : undefined;
}
