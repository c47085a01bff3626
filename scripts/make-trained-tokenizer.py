"""Writes fixtures/trained-tokenizer.json: a vocabulary that src/model/train-unigram.ts learns, and the token ids that the reference gives with it.

Usage: npm run tools && python scripts/make-trained-tokenizer.py     (needs tokenizers; made with 0.23.3)
"""
import json
import subprocess
from pathlib import Path

from tokenizers import Tokenizer

SIZE = 500
TEXTS = """
Rinse the rice until the water runs clear, then simmer it covered for twelve minutes.
The train to the coast leaves at 7:45 from platform 12.
She could not find the keys to the house, so she waited at the neighbours' door.
Water the plants twice a week, and more often when it is hot.
Den Reis waschen, bis das Wasser klar ist, und zwölf Minuten köcheln lassen.
Der Zug an die Küste fährt um 7.45 Uhr von Gleis 12 ab.
Sie fand die Schlüssel zum Haus nicht und wartete vor der Tür der Nachbarn.
Enjuaga el arroz hasta que el agua salga clara y cuécelo tapado doce minutos.
El tren a la costa sale a las 7:45 del andén 12. ¿Dónde están las llaves?
Riega las plantas dos veces por semana, y más a menudo cuando hace calor.
Rincez le riz jusqu'à ce que l'eau soit claire, puis laissez-le mijoter douze minutes.
Le train pour la côte part à 7 h 45 du quai n° 12.
Elle ne trouvait pas les clés de la maison et attendait devant la porte du voisin.
Sciacqua il riso finché l'acqua è limpida, poi cuocilo coperto per dodici minuti.
Il treno per la costa parte alle 7.45 dal binario 12; dov'è la chiave di casa?
お米は水が澄むまで洗い、ふたをして十二分ほど弱火で炊きます。
海へ行く電車は7時45分に12番線から出ます。家の鍵はどこですか。
植物には週に二回水をやり、暑い日にはもっと水をやります。
쌀은 물이 맑아질 때까지 씻고 뚜껑을 덮어 십이 분 동안 끓입니다.
바다로 가는 기차는 7시 45분에 12번 승강장에서 출발합니다.
집 열쇠를 찾지 못해서 이웃집 문 앞에서 기다렸습니다.
Spoel de rijst tot het water helder is en laat hem twaalf minuten zachtjes koken.
De trein naar de kust vertrekt om 7.45 uur van spoor 12.
Płucz ryż, aż woda będzie czysta, potem gotuj pod przykryciem dwanaście minut.
Pociąg nad morze odjeżdża o 7:45 z peronu 12. Gdzie są klucze do domu?
Lave o arroz até a água ficar clara e cozinhe tampado durante doze minutos.
O comboio para a costa parte às 7h45 da linha 12; onde estão as chaves de casa?
Промойте рис, пока вода не станет прозрачной, и варите под крышкой двенадцать минут.
Поезд к морю отправляется в 7:45 с платформы 12. Где ключи от дома?
Поливайте растения два раза в неделю, а в жару чаще.
Промийте рис, доки вода не стане прозорою, і варіть під кришкою дванадцять хвилин.
Потяг до моря вирушає о 7:45 з платформи 12. Де ключі від дому?
把米淘洗到水变清，然后盖上锅盖用小火煮十二分钟。
去海边的火车七点四十五分从12号站台开出。家里的钥匙在哪里？
植物每周浇两次水，天热的时候要多浇水。
""".strip().split("\n")

UNSEEN = [
    "", " ", "the water", "THE Water  runs ▁clear", "  leading and trailing  ", "7:45, 12½ and ②", "ΟΔΥΣΣΕΥΣ straße ﬁne ｆｕｌｌ İstanbul", "naïve nai\u0308ve", "<unk> a<unk>b",
    "keys👍🏽keys 🇫🇷", "don't—stop…“now”", "水が澄む㋿米", "淘洗大米十二次", "열쇠를 씻고", "ключі та рис", "كيف ٣٤", "nul\0 tab\t nbsp\u00a0x line\nline", "x" * 120, "𠀀𪜀", "\ufffd\ue000",
    "Reiswasser, Küstenzug", "quai d'eau", "pod domem", "het huis aan de kust", "o rio até a casa", "la casa del vecino", "acqua di casa",
]

# every text comes twice: most words of a corpus do
learn = """
const { trainUnigram } = await import(process.cwd() + '/build/src/model/train-unigram.js');
const { texts, size } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await trainUnigram([...texts, ...texts], { size })));
"""
made = subprocess.run(
    ["node", "-e", f"(async () => {{{learn}}})()"], input=json.dumps({"texts": TEXTS, "size": SIZE}), stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8"
).stdout
tokenizer = Tokenizer.from_str(made)
lines = TEXTS + UNSEEN
out = {"size": SIZE, "texts": TEXTS, "tokenizer": json.loads(made), "lines": lines, "ids": [tokenizer.encode(line).ids for line in lines]}
Path("fixtures/trained-tokenizer.json").write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
