"""Writes fixtures/tokenizers.json: small tokenizers of every kind, and the token ids that the reference gives for hostile texts.

Usage: python scripts/make-tokenizers.py     (needs tokenizers; made with 0.23.3)

The trainers give another vocabulary on every run, so the ids change with the file. Nothing else is to be learned from a difference.
"""
import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as n, pre_tokenizers as p, processors, trainers

TEXTS = [
    "", " ", "a", "The lazy dog, isn't it? THE LAZY DOG'S!", "  two  spaces,   three\n\n\tlines\r\n ", "3.14 + 2,000 = 10 000.000", "naïve café, façade; nai\u0308ve",
    "İstanbul ΟΔΥΣΣΕΥΣ straße ﬁne ｆｕｌｌ", "Как приготовить кофе", "如何煮米饭？𠀀𪜀", "コーヒー ㋿ ﾊﾞ", "쌀을 씻어 가", "كيف ٣٤", "ไทย หุงข้าว", "👩‍👩‍👧 👍🏽 🇫🇷",
    "nul\0bel\x07 nel\u0085 bom\ufeff zwsp\u200b ls\u2028 nbsp\u00a0x", "[SEP] a [MASK]b</s><mask> c", "x <extra> y<extra>z extra", "word keyword word. éword (word)",
    "left  tok_l  b   tok_r  c tok_b\ttok_b d", "Shout SHOUT shout", "a_b __c__ ##d ▁e a▁b", "he'ſ 'S 'K we'LL", "``quote'' $& $1 50%", "x" * 120, "\u0301 lone", "\ufffd\ue000", "½ Ⅷ ② ²",
    "tabs\t\tand    four  spaces", "end tok_l", "⸺ — ⹃",
]
TRAIN = [text.replace("<extra>", " ") for text in TEXTS] * 2 + [
    "the quick brown fox jumps over the lazy dog", "a lazy dog sleeps; the fox is quick", "two spaces and three lines", "keyword and word", "000 00 0 1000",
    "Как приготовить кофе и рис", "how to cook rice and coffee", "left and right tokens", "it isn't the dog's, is it",
]
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>", "<mask>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def trained(model, trainer, pre_tokenizer, normalizer=None):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.train_from_iterator(TRAIN, trainer)
    return tokenizer


quiet = dict(show_progress=False)
wordpiece = trained(
    models.WordPiece(unk_token="[UNK]"),
    trainers.WordPieceTrainer(vocab_size=340, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], **quiet),
    p.BertPreTokenizer(), n.BertNormalizer(),
)
wordpiece.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
wordpiece.add_tokens([
    AddedToken("word", single_word=True, normalized=False), AddedToken("tok_l", lstrip=True, normalized=False),
    AddedToken("tok_r", rstrip=True, normalized=False), AddedToken("tok_b", lstrip=True, rstrip=True, normalized=True),
    AddedToken("Shout", normalized=True), AddedToken("<extra>", normalized=False), AddedToken("<extra> y", normalized=False),
])
bytelevel = trained(
    models.BPE(), trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIAL, initial_alphabet=p.ByteLevel.alphabet(), **quiet),
    p.ByteLevel(add_prefix_space=False), n.NFC(),
)
bytelevel.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
bytelevel.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
sentencepiece_bpe = trained(
    models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True),
    trainers.BpeTrainer(vocab_size=480, special_tokens=SPECIAL + BYTES, limit_alphabet=90, **quiet), p.Metaspace(),
)
suffix_bpe = trained(
    models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"),
    trainers.BpeTrainer(vocab_size=260, special_tokens=["<unk>"], continuing_subword_prefix="##", end_of_word_suffix="</w>", limit_alphabet=60, **quiet),
    p.BertPreTokenizer(), n.Lowercase(),
)
unigram = trained(
    models.Unigram(), trainers.UnigramTrainer(vocab_size=320, special_tokens=SPECIAL, unk_token="<unk>", **quiet), p.Metaspace(), n.NFKC(),
)
unigram.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
wordlevel = trained(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=120, special_tokens=SPECIAL, **quiet), p.Whitespace())

QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = r"(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"


def step(it):
    return it and json.loads(it.__getstate__())


def of(base, name, *, normalizer=0, pre_tokenizer=0, post_processor=0, **model):
    """A case: the base tokenizer with some steps replaced (None: without) and some settings of its model changed."""
    steps = dict(normalizer=normalizer, pre_tokenizer=pre_tokenizer, post_processor=post_processor)
    return {"base": base, "name": name, "steps": {key: step(it) for key, it in steps.items() if it != 0}, "model": model}


def split(pattern, behavior, invert=False):
    return p.Split(Regex(pattern), behavior, invert)


BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
template = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
CASES = [
    of("wordpiece", "uncased"),
    of("wordpiece", "cased", normalizer=n.BertNormalizer(lowercase=False)),
    of("wordpiece", "accents stripped, case kept", normalizer=n.BertNormalizer(lowercase=False, strip_accents=True)),
    of("wordpiece", "accents kept, lowercase", normalizer=n.BertNormalizer(strip_accents=False)),
    of("wordpiece", "text not cleaned, CJK not parted", normalizer=n.BertNormalizer(clean_text=False, handle_chinese_chars=False)),
    of("wordpiece", "Whitespace and Digits", pre_tokenizer=p.Sequence([p.Whitespace(), p.Digits(individual_digits=True)])),
    of("wordpiece", "Digits in runs", pre_tokenizer=p.Sequence([p.WhitespaceSplit(), p.Digits()])),
    of("wordpiece", "FixedLength", pre_tokenizer=p.FixedLength(3)),
    of("wordpiece", "CharDelimiterSplit", pre_tokenizer=p.CharDelimiterSplit("o")),
    *[of("wordpiece", f"Punctuation {b}", pre_tokenizer=p.Sequence([p.WhitespaceSplit(), p.Punctuation(b)])) for b in BEHAVIORS],
    *[of("wordpiece", f"Split {b}", pre_tokenizer=split(r"[\s,.]+|\d", b)) for b in BEHAVIORS],
    of("wordpiece", "Split inverted", pre_tokenizer=split(r"\w+|[^\w\s]+", "removed", True)),
    of("wordpiece", "Split at a string", pre_tokenizer=p.Split(" ", "removed")),
    *[of("wordpiece", type.__name__, normalizer=type()) for type in (n.NFD, n.NFKC, n.NFKD, n.Nmt, n.StripAccents, n.Lowercase)],
    of("wordpiece", "Replace", normalizer=n.Sequence([n.Replace("a", "$&o"), n.Replace(Regex(r"\s+"), " "), n.Replace(Regex(r"(\d)"), "[$1]")])),
    of("wordpiece", "no normalizer", normalizer=None),
    of("byte-level", "ModernBERT"),
    of("byte-level", "RoBERTa", normalizer=None, pre_tokenizer=p.ByteLevel(add_prefix_space=True)),
    of("byte-level", "Qwen", pre_tokenizer=p.Sequence([split(QWEN, "isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)]),
       post_processor=processors.Sequence([processors.ByteLevel(), template])),
    of("byte-level", "cl100k, ignore_merges", pre_tokenizer=p.Sequence([split(CL100K, "isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)]), ignore_merges=True),
    of("byte-level", "ByteLevel as normalizer", normalizer=n.ByteLevel(), pre_tokenizer=None),
    of("sentencepiece-bpe", "Llama", normalizer=n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")]), pre_tokenizer=None),
    of("sentencepiece-bpe", "Gemma", normalizer=n.Replace(" ", "▁"), pre_tokenizer=p.Split(" ", "merged_with_previous")),
    of("sentencepiece-bpe", "unknown fused", byte_fallback=False),
    of("sentencepiece-bpe", "unknown one by one", byte_fallback=False, fuse_unk=False),
    of("sentencepiece-bpe", "unknown dropped", byte_fallback=False, unk_token=None),
    of("suffix-bpe", "continuing_subword_prefix, end_of_word_suffix"),
    of("unigram", "XLM-R"),
    *[of("unigram", f"prepend_scheme {s}", pre_tokenizer=p.Metaspace(prepend_scheme=s)) for s in ("first", "never")],
    of("unigram", "Metaspace without split", pre_tokenizer=p.Metaspace(split=False)),
    of("unigram", "T5", pre_tokenizer=p.Sequence([p.WhitespaceSplit(), p.Metaspace()]), post_processor=template),
    of("unigram", "ALBERT", normalizer=n.Sequence([n.Replace("``", '"'), n.Replace("''", '"'), n.NFKD(), n.StripAccents(), n.Lowercase()])),
    of("unigram", "Strip", normalizer=n.Sequence([n.Strip(), n.Replace(Regex(" {2,}"), "▁")]), pre_tokenizer=p.Metaspace(prepend_scheme="first")),
    of("wordlevel", "Whitespace"),
]

bases = {
    "wordpiece": wordpiece, "byte-level": bytelevel, "sentencepiece-bpe": sentencepiece_bpe, "suffix-bpe": suffix_bpe, "unigram": unigram, "wordlevel": wordlevel,
}
bases = {name: json.loads(tokenizer.to_str()) for name, tokenizer in bases.items()}
for base in bases.values():
    # bytes that are spelled out in a text are not bytes
    base["added_tokens"] = [token for token in base["added_tokens"] if token["content"] not in BYTES]
    base["decoder"] = None
for case in CASES:
    base = bases[case["base"]]
    tokenizer = Tokenizer.from_str(json.dumps({**base, **case["steps"], "model": {**base["model"], **case["model"]}}))
    case["ids"] = [tokenizer.encode(text).ids for text in TEXTS]
out = {"texts": TEXTS, "bases": bases, "cases": CASES}
Path("fixtures/tokenizers.json").write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
