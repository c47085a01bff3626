/** Chinese words that hold a negation and negate nothing, or ask: 不过, 对不起, 是不是, 有没有. */
const IDLE_HAN = new RegExp(
  [
    '(.)[不没沒](?=\\1)',
    '对不起|對不起|了不起|差不多|忍不住|禁不住|说不定|說不定|不得不|不能不|不会不|不會不|无不|無不|不好意思|要不然|要不|不要紧|不要緊',
    '不[时時过過仅僅但只管论論断斷同久少错錯禁妨愧料意]|不得了|不客气|不客氣',
    '没错|沒錯|没关系|沒關係|没事|沒事|没准|沉没|淹没|没收|出没|埋没|淹沒|沉沒|沒收',
    '[无無](?:论|論|数|數|聊|线|線|限|非|意|私|情|辜|比|穷|窮|奈|所谓|所謂)|未来|未來|未免|未[婚知成年]',
  ].join('|'),
  'gu',
);

const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** How often a Chinese text negates: 不, 没, 未, 无, 别 and others outside words that they only spell. */
export function negationsInHan(text: string): number {
  if (!/[不没沒未无無别別勿]/.test(text) || KANA.test(text)) return 0;
  const rest = text.replace(IDLE_HAN, (_, again: string | undefined) => again ?? '');
  return (
    rest.match(/[不没沒勿]|[无無][法人需须需須需]|无所|無所|未(?!来)|(?<![特区區级級分性告个個差])[别別](?![人的墅处處名致扭])/gu)
      ?.length ?? 0
  );
}

/** Japanese endings and words that hold a negation and negate nothing: must, only, perhaps, isn't it, excuse me. */
const IDLE_KANA = new RegExp(
  [
    'な(?:ければ|くて(?:は)?|きゃ|くちゃ)(?:なら(?:ない|ぬ|ず|なかった|ん)|なりません|いけない|いけません|いけなかった|だめ|駄目)',
    '(?:ない|ぬ)と(?:いけない|いけません|だめ|ならない)|ざるを得(?:ない|ません|なかった)|ねばなら(?:ない|ぬ|ず|なかった)|ねばなりません',
    'なければ(?:な)?$|なきゃ|なくちゃ',
    'かも(?:しれ|知れ)(?:ない|ません|なかった)|に(?:違い|ちがい)(?:ない|ありません)|間違いな[いく]|に(?:ほか|他)ならない',
    'すみません|すいません|じゃないか(?!ら)|じゃん|ではない(?:か(?!ら)|ですか)|じゃありませんか|ではありませんか|ませんか(?!ら)|ないか(?![らぎ])|ない(?:の)?[?？]|ないで(?:しょう|すか)',
    'こないだ|少な[いくか]|すくな[いくか]|危な[いくか]|あぶな[いくか]|汚な[いくか]|きたな[いくか]|つまらな[いく]|くだらな[いく]|もったいな[いく]|切な[いく]|せつな[いく]|とんでもな[いく]|申し訳(?:ない|ありません)|情けな[いく]|幼な|さりげな[いく]|何気な[いく]',
    'だけ(?:で(?:は)?)なく|ばかり(?:で(?:は)?)?なく|だけじゃなく|思いがけな[いく]|まもなく|間もなく|なくな[っりる]|亡くな|無くな|限りな[いく]|なんとなく|何となく|絶え間な[いく]|仕方(?:が)?な[いく]|しょうがな[いく]',
    'しか[^。、]{0,16}?(?:ない|ません|なかった|ず)',
  ].join('|'),
  'gu',
);

/** How often a Japanese text negates: ない, なかった, ません, ず, まい and others. */
export function negationsInKana(text: string): number {
  if (!/[なまずぬ無だダ駄不]/.test(text) || !KANA.test(text)) return 0;
  const rest = text.replace(IDLE_KANA, '');
  return (
    rest.match(
      /ない|なかった|なく(?:て|[、,。]|$|[はも])|なければ|ません|(?<![必まはいわむみ先恥ゆきく])ず(?:[、,。にとじ]|$)|なし(?:に|で|の|。|$)|せんでした|だめ|ダメ|駄目|不可能|[るすくつむぶぐう]な(?:よ|って|$|[。!！])|んなよ?(?:$|[。!！])|ぬ(?:よう|[、。]|$)|じゃな|ではな/gu,
    )?.length ?? 0
  );
}

/** Korean: not only, tags, must. */
const IDLE_HANGUL =
  /뿐(?:만)? ?(?:이 )?아니라|뿐(?:만)? ?아니라|지 ?않으면 ?(?:안|못)|지 ?않을 ?수 ?없|잖아|지 ?않(?:니|나요|아요|을까요?)\?|끊임없|틀림없|어쩔 ?수 ?없|상관 ?없|수밖에 ?없|하지 ?않을까|아닌가요?|아니야\?|안녕|안(?:에|으로|의|쪽|전|내|경|정)/gu;

/** How often a Korean text negates: 않, 안, 못, 없, 아니, 말다. */
export function negationsInHangul(text: string): number {
  if (!/[않안못없아마말불]/.test(text)) return 0;
  const rest = text.replace(IDLE_HANGUL, ' ');
  return (
    rest.match(
      /않|없|불가능|(?<![가-힣])(?:안(?= )|안(?:돼|되|됩|된|했|해|하|간|가|먹)|못)|아니|아닌|아닙|지 ?(?:마(?:세요|라|십시오|요|$|[.!,])|말|맙)/gu,
    )?.length ?? 0
  );
}
