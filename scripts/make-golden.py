"""Writes fixtures/golden/minilm.{jsonl,npy}: texts of our own with the token ids and vectors of sentence-transformers.

Usage: python scripts/make-golden.py MODEL_DIR     (needs sentence-transformers; made with 6.2.0, torch 2.15.0)
"""
import json
import sys
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

TEXTS = [
    "How do I cook rice?", "Rice is done when all the water has been taken up.", "The invoice was charged twice this month.",
    "I was billed two times, please refund one of them.", "A cat sleeps on the warm windowsill.", "The stock market fell by two percent on Monday.",
    "def add(a, b): return a + b", "SELECT name FROM users WHERE age > 30;", "https://example.org/a/path?query=1&other=2#part",
    "UPPER CASE AND lower case", "Crème brûlée, naïve façade, Zürich, Ærøskøbing", "e\u0301 as two code points, é as one",
    "ﬁne ligatures and ｆｕｌｌ width", "İstanbul and ΟΔΥΣΣΕΥΣ and straße", "tabs\tand\nnew lines\r\nand   runs of   spaces",
    "  leading and trailing  ", "[CLS] written out [SEP] in the [MASK] text [PAD] [UNK]", "zero\u200bwidth, soft\u00adhyphen, bell\u0007 and nul\u0000",
    "no\u00a0break\u3000ideographic\u2009thin space", "emoji 😀 👩‍👩‍👧‍👦 🇫🇷 ☕️", "!", ".", "...", "?!", "a", "42", "3.14159 and 1,000,000 and 0x1F",
    "Как приготовить кофе", "Рис варится двенадцать минут на слабом огне.", "如何煮米饭？", "咖啡应该现磨现煮。", "コーヒーの淹れ方", "쌀을 씻어 밥을 짓는다.",
    "كيف تطبخ الأرز", "चावल कैसे पकाएं", "วิธีหุงข้าว", "Wie koche ich Reis?", "Comment cuire du riz ?", "¿Cómo se cocina el arroz?",
    "x" * 150, "Donaudampfschifffahrtsgesellschaftskapitän", "don't can't won't it's o'clock", "state-of-the-art e-mail re-enter", "$100 50% #1 @home ~tilde ^caret `tick`",
    "", " ", "\n", "the " * 254, "the " * 255 + "end", "Knead the dough until it is smooth. " * 40,
]

out = Path("fixtures/golden")
model = SentenceTransformer(sys.argv[1], device="cpu")
with open(out / "minilm.jsonl", "w", encoding="utf-8") as lines:
    for text in TEXTS:
        ids = model.tokenizer([text], truncation=True, max_length=model.max_seq_length)["input_ids"][0]
        lines.write(json.dumps({"text": text, "input_ids": list(map(int, ids))}, ensure_ascii=False) + "\n")
np.save(out / "minilm.npy", np.stack([model.encode(text) for text in TEXTS]).astype("<f4"))
