/**
 * Words for 1; 2 to 19; 20, 30, … 90; 100, 1,000 and a million, with "/" between forms of one number and "-" where a word is left out: an everyday
 * word (French "neuf" is "new" too).
 */
export type Spelling = { one: string; units: string; tens: string; hundred: string; thousand: string; million: string; billion: string };

export const SPELLINGS: Readonly<Record<string, Spelling>> = {
  en: {
    one: 'one',
    units: 'two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen',
    tens: 'twenty thirty forty/fourty fifty sixty seventy eighty ninety',
    hundred: 'hundred',
    thousand: 'thousand',
    million: 'million/mln/mio',
    billion: 'billion/bln/bn',
  },
  de: {
    one: 'ein/eins',
    units: 'zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn',
    tens: 'zwanzig dreissig vierzig fünfzig sechzig siebzig achtzig neunzig',
    hundred: 'hundert',
    thousand: 'tausend/tsd',
    million: 'millionen/million',
    billion: 'milliarden/milliarde/mrd',
  },
  fr: {
    one: 'un/une',
    units: 'deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize - - -',
    tens: 'vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante',
    hundred: 'cent',
    thousand: 'mille',
    million: 'millions/million',
    billion: 'milliards/milliard',
  },
  es: {
    one: 'uno/una/un',
    units:
      'dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis/dieciseis diecisiete dieciocho diecinueve',
    tens: 'veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa',
    hundred: 'cien/ciento/cientos',
    thousand: 'mil',
    million: 'millones/millón',
    billion: '-',
  },
  it: {
    one: 'uno/una/un',
    units:
      'due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove',
    tens: 'venti trenta quaranta cinquanta sessanta settanta ottanta novanta',
    hundred: 'cento',
    thousand: 'mille/mila',
    million: 'milioni/milione',
    billion: 'miliardi/miliardo',
  },
  pt: {
    one: 'um/uma',
    units:
      'dois/duas três quatro cinco seis sete oito nove dez onze doze treze catorze/quatorze quinze dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove',
    tens: 'vinte trinta quarenta cinquenta sessenta setenta oitenta noventa',
    hundred: 'cem/cento',
    thousand: 'mil',
    million: 'milhões/milhão',
    billion: 'bilhões',
  },
  nl: {
    one: 'één',
    units: 'twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien',
    tens: 'twintig dertig veertig vijftig zestig zeventig tachtig negentig',
    hundred: 'honderd',
    thousand: 'duizend',
    million: 'miljoen',
    billion: 'miljard',
  },
  pl: {
    one: 'jeden/jedna/jedno',
    units:
      'dwa/dwie/dwóch/dwaj/dwoje trzy/trzech/trzej/troje cztery/czterech/czworo pięć/pięciu sześć/sześciu siedem/siedmiu osiem/ośmiu dziewięć/dziewięciu dziesięć/dziesięciu jedenaście/jedenastu dwanaście/dwunastu trzynaście/trzynastu czternaście/czternastu piętnaście/piętnastu szesnaście/szesnastu siedemnaście/siedemnastu osiemnaście/osiemnastu dziewiętnaście/dziewiętnastu',
    tens: 'dwadzieścia/dwudziestu trzydzieści/trzydziestu czterdzieści/czterdziestu pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt',
    hundred: '-',
    thousand: 'tysiąc/tysięcy/tysiące/tys',
    million: 'milionów/miliony/milion',
    billion: 'miliardów/miliard/mld',
  },
  ru: {
    one: 'один/одна/одно/одного/одной/одну',
    units:
      'два/две/двух/двум/двумя/двое/двоих три/трех/трёх/трем/трём/тремя/трое/троих четыре/четырех/четырёх/четырьмя/четверо пять/пяти/пятью/пятеро шесть/шести/шестью семь/семи/семью восемь/восьми девять/девяти десять/десяти/десятью одиннадцать/одиннадцати двенадцать/двенадцати тринадцать/тринадцати четырнадцать/четырнадцати пятнадцать/пятнадцати шестнадцать/шестнадцати семнадцать/семнадцати восемнадцать/восемнадцати девятнадцать/девятнадцати',
    tens: 'двадцать/двадцати тридцать/тридцати сорок/сорока пятьдесят/пятидесяти шестьдесят/шестидесяти семьдесят/семидесяти восемьдесят/восьмидесяти девяносто/девяноста',
    hundred: 'сто/ста',
    thousand: 'тысяча/тысячу/тысячи/тысяч/тыс',
    million: 'миллион/миллиона/миллионов/млн',
    billion: 'миллиард/миллиарда/миллиардов/млрд',
  },
  uk: {
    one: 'один/одна/одне/одного/одну',
    units:
      "дві/двох/двом/двоє трьох/троє чотири/чотирьох п'ять/п'яти/п'ятьох шість/шести/шістьох сім/семи/сімох вісім/восьми дев'ять/дев'яти десять/десяти одинадцять дванадцять тринадцять чотирнадцять п'ятнадцять шістнадцять сімнадцять вісімнадцять дев'ятнадцять",
    tens: "двадцять тридцять - п'ятдесят шістдесят сімдесят вісімдесят дев'яносто",
    hundred: '-',
    thousand: 'тисяча/тисячу/тисячі/тисяч/тис',
    million: 'мільйон/мільйона/мільйонів',
    billion: 'мільярд/мільярда/мільярдів',
  },
};
