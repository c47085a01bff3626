/** A corpus of templates: every greeting with every body with every ending. The bodies are its themes. */
export type Templates = { greetings: readonly string[]; bodies: readonly string[]; endings: readonly string[] };

/** Messages to a shop in five languages: 12 themes, 6 greetings, 6 endings. */
export const TEMPLATES: Readonly<Record<'en' | 'de' | 'ru' | 'ja' | 'zh', Templates>> = {
  en: {
    greetings: ['Hello,', 'Good morning,', 'Hi there,', 'Dear support team,', 'Good evening,', 'Dear Sir or Madam,'],
    bodies: [
      'my parcel has not arrived yet.',
      'I would like my money back for the broken lamp.',
      'I forgot my password and cannot sign in.',
      'the blue jacket is two sizes too small.',
      'the app closes itself as soon as I open the basket.',
      'do you have vegetarian recipes for four people?',
      'my credit card was charged twice.',
      'how long may I stay in the hotel room on Sunday?',
      'the printer only prints empty pages.',
      'please send me an invoice with our tax number.',
      'the dog does not eat the new food.',
      'I want to cancel my newspaper subscription.',
    ],
    endings: ['Thank you.', 'Kind regards, Anna', 'Please answer soon.', 'Many thanks in advance!', 'Best wishes, Tom', 'Have a nice day.'],
  },
  de: {
    greetings: ['Hallo,', 'Guten Morgen,', 'Liebes Team,', 'Sehr geehrte Damen und Herren,', 'Guten Abend,', 'Grüezi,'],
    bodies: [
      'mein Paket ist noch immer nicht angekommen.',
      'ich möchte mein Geld für die kaputte Lampe zurück.',
      'ich habe mein Passwort vergessen und kann mich nicht anmelden.',
      'die blaue Jacke ist zwei Nummern zu klein.',
      'die App schließt sich, sobald ich den Warenkorb öffne.',
      'haben Sie vegetarische Rezepte für vier Personen?',
      'meine Kreditkarte wurde zweimal belastet.',
      'wie lange darf ich am Sonntag im Hotelzimmer bleiben?',
      'der Drucker druckt nur leere Seiten.',
      'bitte senden Sie mir eine Rechnung mit unserer Steuernummer.',
      'der Hund frisst das neue Futter nicht.',
      'ich will mein Zeitungsabo kündigen.',
    ],
    endings: [
      'Vielen Dank.',
      'Mit freundlichen Grüßen, Anna',
      'Bitte antworten Sie bald.',
      'Danke im Voraus!',
      'Viele Grüße, Jonas',
      'Einen schönen Tag noch.',
    ],
  },
  ru: {
    greetings: ['Здравствуйте,', 'Доброе утро,', 'Привет,', 'Уважаемая служба поддержки,', 'Добрый вечер,', 'Приветствую,'],
    bodies: [
      'моя посылка до сих пор не пришла.',
      'я хочу вернуть деньги за разбитую лампу.',
      'я забыл пароль и не могу войти в кабинет.',
      'синяя куртка мала мне на два размера.',
      'приложение закрывается, как только я открываю корзину.',
      'есть ли у вас вегетарианские рецепты на четверых?',
      'с моей кредитной карты списали деньги дважды.',
      'до которого часа можно занимать номер отеля в воскресенье?',
      'принтер печатает только пустые страницы.',
      'пришлите мне счёт с нашим налоговым номером.',
      'собака не ест новый корм.',
      'я хочу отменить подписку на газету.',
    ],
    endings: [
      'Спасибо.',
      'С уважением, Анна',
      'Ответьте, пожалуйста, скорее.',
      'Заранее благодарю!',
      'Всего доброго, Иван',
      'Хорошего дня.',
    ],
  },
  ja: {
    greetings: ['こんにちは。', 'おはようございます。', 'はじめまして。', 'サポートの皆様、', 'こんばんは。', 'お世話になっております。'],
    bodies: [
      '荷物がまだ届いていません。',
      '壊れたランプの代金を返してほしいです。',
      'パスワードを忘れてログインできません。',
      '青いジャケットが二サイズ小さすぎます。',
      'カートを開くとアプリがすぐに落ちます。',
      '四人分の菜食レシピはありますか。',
      'クレジットカードに二重に請求されました。',
      '日曜日はホテルの部屋に何時までいられますか。',
      'プリンターが白紙しか印刷しません。',
      '納税者番号の入った請求書を送ってください。',
      '犬が新しい餌を食べません。',
      '新聞の購読を解約したいです。',
    ],
    endings: [
      'ありがとうございます。',
      'よろしくお願いいたします。アンナ',
      '早めのご返事をお待ちしています。',
      '何卒よろしくお願いします。',
      '敬具、田中',
      'よい一日を。',
    ],
  },
  zh: {
    greetings: ['你好，', '早上好，', '您好，', '亲爱的客服团队，', '晚上好，', '尊敬的先生或女士，'],
    bodies: [
      '我的包裹还没有送到。',
      '我想要回那盏坏台灯的钱。',
      '我忘记了密码，无法登录。',
      '蓝色夹克小了两号。',
      '我一打开购物车应用就闪退。',
      '你们有四人份的素食食谱吗？',
      '我的信用卡被扣了两次款。',
      '星期天酒店房间可以住到几点？',
      '打印机只打出空白页。',
      '请给我寄一张带有我们税号的发票。',
      '狗不吃新的狗粮。',
      '我想取消订阅报纸。',
    ],
    endings: ['谢谢。', '此致敬礼，安娜', '请尽快回复。', '提前感谢！', '祝好，小王', '祝您愉快。'],
  },
};

/** Every greeting with every body with every ending, and which body each text has. */
export function templatedTexts({ greetings, bodies, endings }: Templates, space: string = ' '): { texts: string[]; themes: number[] } {
  const texts: string[] = [];
  const themes: number[] = [];
  for (const greeting of greetings) {
    for (const [theme, body] of bodies.entries()) {
      for (const ending of endings) {
        texts.push([greeting, body, ending].join(space));
        themes.push(theme);
      }
    }
  }
  return { texts, themes };
}
