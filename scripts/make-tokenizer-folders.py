"""Writes fixtures/tokenizer-folders.json: folders whose settings or class override tokenizer.json, and the token ids of the reference.

Usage: python scripts/make-tokenizer-folders.py PYTHON5
       python scripts/make-tokenizer-folders.py --ids [TEXTS]    prints the ids of this Python's transformers, also for the texts of a JSON file

It runs in transformers 4.57 (made with 4.57.6), the reference; PYTHON5 is a Python with transformers 5 (made with 5.24.0), whose differences are
counted. Both need sentencepiece and protobuf, neither needs torch. The differential test looks for the first in
~/.cache/embed-bench/transformers-4/bin/python.
"""
import base64
import copy
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")
warnings.filterwarnings("ignore")

TEXTS = [
    "", " ", "Hello World", "hello world", "Café naïve ÉCOLE", "nai\u0308ve", "如何煮米饭 hello", "hello  world", " hello", "hello ", "hello\tworld\nthe end",
    "[CLS] hello [SEP] [MASK] world [PAD]", "<s> hello</s> <mask> world<pad>", "hello<mask>world", "hello [NEW] world [new] NEWTOK newtok", "a <extra> b<extra_id_0>",
    "Ｆｕｌｌ ﬁne…", "İstanbul ΣΑΣ straße", "Как дела", "x\u0085y\u200bz\ufeff", "don't stop!!", "[UNK] <unk> zzz☃", "hello\u00a0world", "the query: hello",
    "``hello'' | [QUESTION] <s>NOTUSED", "hello <|im_end|> world<|endoftext|>", "<S> [mask] <Mask>", "a  own  b", "<extra_id_99> <pad>world",
]
WORDS = "hello Hello world World the Café Cafe cafe café naïve naive ÉCOLE ecole École Full full fine stop end query strasse".split()
LETTERS = {char for text in TEXTS for char in text if not char.isspace() and char not in "\u0085\u200b\ufeff☃"}
LETTERS = sorted(LETTERS | set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789éèïİΣΑσας\u0308"))

# ------------------------------------------------------------------------------------- tokenizer.json, written by hand


def added(content, **flags):
    return dict(content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) | flags


def template(ids, before, after):
    text = {"Sequence": {"id": "A", "type_id": 0}}
    part = {token: [{"SpecialToken": {"id": token, "type_id": 0}}] if token else [] for token in (before, after)}
    single = [*part[before], text, *part[after]]
    known = {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (before, after) if token}
    return {"type": "TemplateProcessing", "single": single, "pair": [*single, {"Sequence": {"id": "B", "type_id": 0}}, *part[after]], "special_tokens": known}


def tokenizer_json(specials, ids, model, normalizer, pre_tokenizer, post_processor):
    tokens = [{"id": ids[token], **added(token, lstrip=token in ("<mask>", "[MASK]") and model["type"] != "WordPiece")} for token in specials]
    steps = dict(normalizer=normalizer, pre_tokenizer=pre_tokenizer, post_processor=post_processor, decoder=None)
    return dict(version="1.0", truncation=None, padding=None, added_tokens=tokens, **steps, model=model)


def wordpiece(specials=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), around=("[CLS]", "[SEP]"), **changes):
    ids = {token: at for at, token in enumerate(dict.fromkeys([*specials, *WORDS, *LETTERS, *("##" + char for char in LETTERS)]))}
    model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids}
    normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True, **changes}
    return tokenizer_json(specials, ids, model, normalizer, {"type": "BertPreTokenizer"}, template(ids, *around))


METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
SPLIT_METASPACE = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, METASPACE]}
SPACES = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}


def sequence(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def unigram(specials=("<s>", "<pad>", "</s>", "<unk>"), last=("<mask>",), around=("<s>", "</s>"), unk="<unk>", normalizer=None, pre_tokenizer=METASPACE, extra=()):
    pieces = list(dict.fromkeys(["▁", *("▁" + word for word in WORDS), *WORDS, *LETTERS, *("▁" + char for char in LETTERS)]))
    scores = [[piece, round(-2.0 - 0.013 * at - (8 if len(piece.strip("▁")) <= 1 else 0), 4)] for at, piece in enumerate(pieces)]
    vocab = [[token, 0.0] for token in specials] + scores + [[token, 0.0] for token in (*extra, *last)]
    ids = {token: at for at, (token, _) in enumerate(vocab)}
    model = {"type": "Unigram", "unk_id": ids[unk], "vocab": vocab, "byte_fallback": False}
    return tokenizer_json((*specials, *extra, *last), ids, model, normalizer, pre_tokenizer, template(ids, *around))


def byte_level(specials=("<s>", "<pad>", "</s>", "<unk>", "<mask>"), around=("<s>", "</s>"), prefix=False):
    from tokenizers import pre_tokenizers

    merges = ["h e", "l l", "he ll", "hell o", "Ġ hello", "w o", "Ġ wo", "t h", "th e", "Ġ the", "H e", "He ll", "Hell o", "Ġ w", "Ġ Hello", "Ã ©"]
    tokens = [*specials[:4], *sorted(pre_tokenizers.ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in merges), *specials[4:]]
    ids = {token: at for at, token in enumerate(dict.fromkeys(tokens))}
    model = dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False, byte_fallback=False, ignore_merges=False)
    before, after = around
    flags = {"trim_offsets": True, "add_prefix_space": prefix}
    around = {"type": "RobertaProcessing", "sep": [after, ids[after]], "cls": [before, ids[before]], **flags} if before else None
    return tokenizer_json(specials, ids, {**model, "vocab": ids, "merges": merges}, None, {"type": "ByteLevel", **flags, "use_regex": True}, around)


def charsmap():
    """A small charsmap of SentencePiece; that of XLM-R has 300 kB."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    rules = {"\t": " ", "\n": " ", "\u00a0": " ", "\u3000": " ", "ﬁ": "fi", "…": "...", "\u200b": "", "\u0085": " "}
    rules |= {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
    codes = lambda text: " ".join(f"{ord(char):X}" for char in text)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.tsv").write_text("".join(f"{codes(key)}\t{codes(value)}\n" for key, value in sorted(rules.items())))
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["hello world"] * 10), model_writer=out, vocab_size=16, hard_vocab_limit=False, normalization_rule_tsv=f"{folder}/rules.tsv", minloglevel=2
        )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(out.getvalue())
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()}


CHARSMAP = charsmap()
QUOTES = [{"type": "Replace", "pattern": {"String": quote}, "content": '"'} for quote in ("``", "''")]
EXTRA_IDS = tuple(f"<extra_id_{at}>" for at in range(99, -1, -1))
T5 = (("<pad>", "</s>", "<unk>"), (), (None, "</s>"))
BASES = {
    "uncased": wordpiece(),
    "cased": wordpiece(lowercase=False, strip_accents=False),
    "mpnet": wordpiece(("<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"), ("<s>", "</s>")),
    "xlmr": unigram(normalizer=CHARSMAP, pre_tokenizer=SPLIT_METASPACE),
    "xlmr-spaces": unigram(normalizer=sequence(CHARSMAP, SPACES)),
    "camembert": unigram(("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"), normalizer=sequence(CHARSMAP, SPACES)),
    "t5": unigram(*T5, normalizer=CHARSMAP, pre_tokenizer=SPLIT_METASPACE, extra=EXTRA_IDS),
    "t5-short": unigram(*T5, normalizer=CHARSMAP),
    "albert": unigram(
        ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), (), ("[CLS]", "[SEP]"),
        normalizer=sequence(*QUOTES, {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, CHARSMAP, SPACES),
    ),
    "deberta": unigram(
        ("[PAD]", "[CLS]", "[SEP]", "[UNK]"), ("[MASK]",), ("[CLS]", "[SEP]"), "[UNK]",
        normalizer=sequence({"type": "Strip", "strip_left": True, "strip_right": True}, CHARSMAP, SPACES),
    ),
    "roberta": byte_level(),
    "roberta-prefix": byte_level(prefix=True),
    "qwen": byte_level(("<|endoftext|>", "<|im_start|>", "<|im_end|>"), (None, None)),
}
TYPES = {"uncased": "bert", "cased": "bert", "xlmr": "xlm-roberta", "xlmr-spaces": "xlm-roberta", "t5-short": "t5", "deberta": "deberta-v2", "roberta-prefix": "roberta", "qwen": "qwen3"}

# ------------------------------------------------------------------------------------------------------ folders

ROBERTA = dict(bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>")
BERT = dict(unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]")
END = dict(eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
FOLDERS = []


def folder(name, base, cls=None, settings=None, tokens=None, type=None, config=None, files=None, changes=None, bare=False):
    """cls None: tokenizer_config.json names no class; bare: there is no such file; changes: to tokenizer.json, by path."""
    written = {} if bare else {"tokenizer_config.json": ({"tokenizer_class": cls} if cls else {}) | (tokens or {}) | (settings or {})}
    written |= {"config.json": {"model_type": type or TYPES.get(base, base)} | (config or {})} | (files or {})
    FOLDERS.append({"name": name, "base": base, "changes": changes or {}, "files": written})


def without(fields, *names):
    return {name: value for name, value in fields.items() if name not in names}


# as they are published
MASK = added("<mask>", lstrip=True, normalized=True, __type="AddedToken")
for base in ("xlmr", "xlmr-spaces"):
    named = without(ROBERTA, "mask_token")
    folder(f"multilingual-e5-small over {base}", base, "XLMRobertaTokenizer", {"mask_token": without(MASK, "special"), "model_max_length": 512, "sp_model_kwargs": {}}, named, "bert", {"tokenizer_class": "XLMRobertaTokenizer"})
    folder(f"multilingual-e5-base over {base}", base, "XLMRobertaTokenizer", {"mask_token": without(MASK, "special"), "model_max_length": 512}, named)
    folder(f"bge-m3 over {base}", base, "XLMRobertaTokenizer", {
        "added_tokens_decoder": {str(token["id"]): without(token, "id") for token in BASES[base]["added_tokens"]},
        "additional_special_tokens": [], "clean_up_tokenization_spaces": True, "mask_token": "<mask>", "model_max_length": 8192, "sp_model_kwargs": {}}, named)
    folder(f"paraphrase-multilingual-MiniLM-L12-v2 over {base}", base, "BertTokenizer", {
        "do_lower_case": True, "tokenize_chinese_chars": True, "strip_accents": None, "mask_token": without(MASK, "special"), "model_max_length": 512}, named, "bert")
    folder(f"paraphrase-multilingual-mpnet-base-v2 over {base}", base, "XLMRobertaTokenizer", {"mask_token": without(MASK, "special"), "model_max_length": 512}, named)

# classes after BERT: three fields of the normaliser
for cls in ("Bert", "DistilBert", "Electra", "MobileBert", "ConvBert", "SqueezeBert", "LayoutLM", "Lxmert", "Funnel", "DPRQuestionEncoder", "DPRContextEncoder", "RetriBert", "Realm"):
    for fast in ("", "Fast"):
        folder(f"{cls}Tokenizer{fast}, do_lower_case false", "uncased", f"{cls}Tokenizer{fast}", {"do_lower_case": False}, BERT)
for cls in ("PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend", "HerbertTokenizer"):
    folder(f"{cls}, do_lower_case false", "uncased", cls, {"do_lower_case": False}, BERT)
SETTINGS = {
    "nothing": {}, "do_lower_case true": {"do_lower_case": True}, "strip_accents false": {"strip_accents": False}, "strip_accents true": {"do_lower_case": False, "strip_accents": True},
    "strip_accents null": {"do_lower_case": False, "strip_accents": None}, "tokenize_chinese_chars false": {"tokenize_chinese_chars": False},
    "do_basic_tokenize false": {"do_basic_tokenize": False}, "never_split": {"never_split": ["World"]}, "clean_text false": {"clean_text": False},
    "do_lower_case null": {"do_lower_case": None}, "tokenize_chinese_chars null": {"tokenize_chinese_chars": None},
}
for what, settings in SETTINGS.items():
    for base in ("uncased", "cased"):
        folder(f"BertTokenizer over {base}, {what}", base, "BertTokenizer", settings, BERT)
    folder(f"PreTrainedTokenizerFast, {what}", "cased", "PreTrainedTokenizerFast", settings, BERT)
    folder(f"MPNetTokenizer, {what}", "mpnet", "MPNetTokenizer", settings, ROBERTA | {"unk_token": "[UNK]"})
CHANGES = {
    "a Sequence": {"normalizer": sequence(BASES["cased"]["normalizer"])}, "Lowercase": {"normalizer": {"type": "Lowercase"}}, "NFC": {"normalizer": {"type": "NFC"}},
    "no normalizer": {"normalizer": None}, "clean_text false": {"normalizer.clean_text": False}, "Whitespace": {"pre_tokenizer": {"type": "Whitespace"}},
    "prefix @@": {"model.continuing_subword_prefix": "@@"}, "words of 5 letters": {"model.max_input_chars_per_word": 5}, "no post_processor": {"post_processor": None},
}
for what, changes in CHANGES.items():
    folder(f"BertTokenizer, tokenizer.json has {what}", "cased", "BertTokenizer", {"do_lower_case": True}, BERT, changes=changes)
folder("MPNetTokenizer, no tokens named", "mpnet", "MPNetTokenizer")
folder("MPNetTokenizer, unk_token <unk>", "mpnet", "MPNetTokenizer", {}, ROBERTA)

# where the class comes from
for type in "bert distilbert mpnet electra roberta xlm-roberta ernie nezha modernbert nomic_bert albert camembert deberta-v2 rembert t5 funnel big_bird longformer qwen2 gpt2 herbert unheard-of".split():
    folder(f"model_type {type}, no class named", "cased", None, {}, BERT, type)
    folder(f"model_type {type}, no tokenizer_config.json", "cased", type=type, bare=True)
folder("config.json names BertTokenizer", "cased", None, {}, BERT, "roberta", {"tokenizer_class": "BertTokenizer"})
folder("config.json names BertTokenizerFast, unheard-of model_type", "cased", None, {}, BERT, "unheard-of", {"tokenizer_class": "BertTokenizerFast"})
folder("config.json names PreTrainedTokenizerFast", "cased", None, {}, BERT, "bert", {"tokenizer_class": "PreTrainedTokenizerFast"})
folder("both name a class", "cased", "PreTrainedTokenizerFast", {}, BERT, "bert", {"tokenizer_class": "BertTokenizer"})
folder("auto_map beside BertTokenizer", "cased", "BertTokenizer", {"auto_map": {"AutoTokenizer": ["own.Own", None]}}, BERT)

# byte level
for cls in ("Roberta", "PreTrained", "Bart", "Longformer", "LED", "GPT2", "Deberta", "CodeGen", "Bloom", "Qwen2", "GPTNeoX"):
    for base in ("roberta", "roberta-prefix"):
        for what, settings in {"nothing": {}, "add_prefix_space true": {"add_prefix_space": True}, "add_prefix_space false": {"add_prefix_space": False}}.items():
            folder(f"{cls}TokenizerFast over {base}, {what}", base, f"{cls}TokenizerFast", settings, ROBERTA)
folder("TokenizersBackend, add_prefix_space true", "roberta", "TokenizersBackend", {"add_prefix_space": True}, ROBERTA)
digits = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, BASES["roberta"]["pre_tokenizer"]]}}
folder("RobertaTokenizer, add_prefix_space true over a Sequence", "roberta", "RobertaTokenizer", {"add_prefix_space": True}, ROBERTA, changes=digits)
folder("RobertaTokenizer, add_prefix_space true, use_regex false", "roberta", "RobertaTokenizer", {"add_prefix_space": True}, ROBERTA, changes={"pre_tokenizer.use_regex": False})
folder("RobertaTokenizer, NFC", "roberta", "RobertaTokenizer", {}, ROBERTA, changes={"normalizer": {"type": "NFC"}})
CHAT = dict(bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>", unk_token="<|endoftext|>")
for cls in ("Qwen2", "Llama", "Gemma", "GPTNeoX", "PreTrained"):
    for what, settings in {"nothing": {}, "add_eos_token": {"add_eos_token": True}, "add_bos_token": {"add_bos_token": True}, "add_bos_token false": {"add_bos_token": False}, "add_prefix_space": {"add_prefix_space": True}}.items():
        folder(f"{cls}TokenizerFast over qwen, {what}", "qwen", f"{cls}TokenizerFast", settings, CHAT, "llama")

# Unigram
for base in ("xlmr", "xlmr-spaces"):
    for cls in ("XLMRobertaTokenizer", "XLMRobertaTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend", "BertTokenizer", "CamembertTokenizer", "T5Tokenizer", "AlbertTokenizer", "DebertaV2Tokenizer", "XLNetTokenizer", "BigBirdTokenizer", "BarthezTokenizer", "RemBertTokenizer", "FNetTokenizer", "LlamaTokenizer", "GemmaTokenizer", None):
        folder(f"{cls} over {base}", base, cls, {}, ROBERTA)
    for cls in ("XLMRobertaTokenizer", "PreTrainedTokenizerFast"):
        folder(f"{cls} over {base}, add_prefix_space false", base, cls, {"add_prefix_space": False}, ROBERTA)
    folder(f"no tokenizer_config.json over {base}", base, bare=True)
OTHER = {
    "an old Metaspace": {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}}, "NFKC": {"normalizer": {"type": "NFKC"}}, "no normalizer": {"normalizer": None},
    "Lowercase": {"normalizer": sequence({"type": "Lowercase"}, CHARSMAP)}, "prepend_scheme first": {"pre_tokenizer": METASPACE | {"prepend_scheme": "first"}}, "no post_processor": {"post_processor": None},
}
for what, changes in OTHER.items():
    folder(f"XLMRobertaTokenizer, tokenizer.json has {what}", "xlmr", "XLMRobertaTokenizer", {}, ROBERTA, changes=changes)
for base in ("t5", "t5-short"):
    for cls in ("T5Tokenizer", "T5TokenizerFast", "MT5Tokenizer", "PreTrainedTokenizerFast", None):
        folder(f"{cls} over {base}", base, cls, {}, END)
    names = [f"<extra_id_{at}>" for at in range(100)]
    for what, settings in {"extra_ids 0": {"extra_ids": 0}, "names of extra ids": {"additional_special_tokens": names}, "names of three": {"additional_special_tokens": names[:3]}, "additional_special_tokens": {"additional_special_tokens": ["[NEW]"]}, "add_prefix_space": {"add_prefix_space": True}}.items():
        folder(f"T5Tokenizer over {base}, {what}", base, "T5Tokenizer", settings, END)
    folder(f"no tokenizer_config.json over {base}", base, bare=True)
PIECES = BERT | dict(bos_token="[CLS]", eos_token="[SEP]", unk_token="<unk>", pad_token="<pad>")
for cls in ("AlbertTokenizer", "PreTrainedTokenizerFast", "RemBertTokenizer", "BertTokenizer", None):
    for what, settings in {"nothing": {}, "do_lower_case false": {"do_lower_case": False}, "keep_accents": {"keep_accents": True}}.items():
        folder(f"{cls} over albert, {what}", "albert", cls, settings, PIECES)
for cls in ("CamembertTokenizer", "PreTrainedTokenizerFast", "XLMRobertaTokenizer", None):
    folder(f"{cls} over camembert", "camembert", cls, {}, ROBERTA)
for cls in ("DebertaV2Tokenizer", "PreTrainedTokenizerFast", None):
    for what, settings in {"nothing": {}, "do_lower_case": {"do_lower_case": True}, "split_by_punct": {"split_by_punct": True}}.items():
        folder(f"{cls} over deberta, {what}", "deberta", cls, settings, BERT | dict(bos_token="[CLS]", eos_token="[SEP]"))

# special tokens, and the files that name them
for cls, base, T in [
    ("BertTokenizer", "uncased", BERT), ("PreTrainedTokenizerFast", "uncased", BERT), ("TokenizersBackend", "uncased", BERT), ("MPNetTokenizer", "mpnet", ROBERTA | {"unk_token": "[UNK]"}),
    ("RobertaTokenizer", "roberta", ROBERTA), ("XLMRobertaTokenizer", "xlmr", ROBERTA), ("PreTrainedTokenizerFast", "xlmr-spaces", ROBERTA),
]:
    size = len(BASES[base]["model"]["vocab"])
    mask = T["mask_token"]
    decoder = {str(token["id"]): without(token, "id") for token in BASES[base]["added_tokens"]}
    own = {"added_tokens": [*BASES[base]["added_tokens"], {"id": size, **added("own", special=False)}]}
    flags = lambda **other: {"added_tokens_decoder": {key: token | other for key, token in decoder.items()}}
    more = T | {"additional_special_tokens": ["[NEW]", "newtok"]}
    for what, settings in {
        "split_special_tokens": {"split_special_tokens": True},
        "additional_special_tokens": {"additional_special_tokens": ["[NEW]", "newtok"]},
        "additional_special_tokens with flags": {"additional_special_tokens": [added("[NEW]", __type="AddedToken", lstrip=True), added("newtok", __type="AddedToken", normalized=True)]},
        "additional_special_tokens that are words": {"additional_special_tokens": ["world"]},
        "additional_special_tokens with an accent": {"additional_special_tokens": ["Café"]},
        "extra_special_tokens, a list": {"extra_special_tokens": ["[NEW]", "newtok"]},
        "extra_special_tokens, an object": {"extra_special_tokens": {"new_token": "[NEW]"}},
        "extra_special_tokens, empty": {"extra_special_tokens": {}},
        "image_token": {"image_token": "[NEW]"},
        "added_tokens_decoder": {"added_tokens_decoder": decoder},
        "added_tokens_decoder with more": {"added_tokens_decoder": decoder | {str(size): added("[NEW]"), str(size + 1): added("newtok", special=False, normalized=True)}},
        "added_tokens_decoder with a gap": {"added_tokens_decoder": decoder | {str(size + 7): added("[NEW]")}},
        "added_tokens_decoder with a word": {"added_tokens_decoder": decoder | {"6": added("Hello", special=False)}},
        "added_tokens_decoder, rstrip": flags(rstrip=True),
        "added_tokens_decoder, normalized": flags(normalized=True, special=False),
        "added_tokens_decoder, single_word": flags(single_word=True),
        "mask_token [NEW]": {"mask_token": "[NEW]"},
        "mask_token with flags": {"mask_token": added(mask, __type="AddedToken", lstrip=True)},
        "mask_token null": {"mask_token": None},
        "pad_token a word": {"pad_token": "world"},
        "other cls and sep": {"cls_token": mask, "sep_token": T["unk_token"], "bos_token": mask, "eos_token": T["unk_token"]},
        "other unk_token": {"unk_token": mask},
        "own token": {}, "own token, special": {"additional_special_tokens": ["own"]}, "own token, lstrip": {"added_tokens_decoder": decoder | {str(size): added("own", special=False, lstrip=True, rstrip=True)}},
        "own token, special with flags": {"additional_special_tokens": [added("own", __type="AddedToken", lstrip=True, rstrip=True)], "split_special_tokens": True},
    }.items():
        folder(f"{cls} over {base}: {what}", base, cls, settings, T, changes=own if what.startswith("own token") else None)
    folder(f"{cls} over {base}: no tokens named", base, cls)
    for what, tokens, settings in (("", T, {}), (", none named", {}, {}), (", decoder", T, {"added_tokens_decoder": decoder})):
        folder(f"{cls} over {base}: none in tokenizer.json{what}", base, cls, settings, tokens, changes={"added_tokens": []})
    for what, files, settings in (
        ("special_tokens_map.json", {"special_tokens_map.json": T}, {}),
        ("special_tokens_map.json with more", {"special_tokens_map.json": more}, {}),
        ("special_tokens_map.json with flags", {"special_tokens_map.json": T | {"mask_token": without(added(mask, lstrip=True), "special"), "additional_special_tokens": [without(added("[NEW]", lstrip=True), "special")]}}, {}),
        ("special_tokens_map.json with more, beside additional_special_tokens", {"special_tokens_map.json": more}, {"additional_special_tokens": ["newtok"]}),
        ("special_tokens_map.json with more, beside a decoder", {"special_tokens_map.json": more}, {"added_tokens_decoder": decoder}),
        ("special_tokens_map.json with another mask", {"special_tokens_map.json": T | {"mask_token": "[NEW]"}}, {}),
        ("added_tokens.json", {"added_tokens.json": {"[NEW]": size, "newtok": size + 1}}, {}),
        ("added_tokens.json with a gap", {"added_tokens.json": {"newtok": size + 5}}, {}),
        ("added_tokens.json, special by special_tokens_map.json", {"added_tokens.json": {"newtok": size + 1, "[NEW]": size}, "special_tokens_map.json": more}, {}),
        ("added_tokens.json beside a decoder", {"added_tokens.json": {"[NEW]": size}}, {"added_tokens_decoder": decoder}),
    ):
        folder(f"{cls} over {base}: {what}", base, cls, settings, T, files=files)
for base, T in (("uncased", BERT), ("mpnet", ROBERTA), ("roberta", ROBERTA), ("xlmr", ROBERTA)):
    folder(f"{base}: special_tokens_map.json and no tokenizer_config.json", base, bare=True, files={"special_tokens_map.json": T | {"additional_special_tokens": ["[NEW]"]}})

# ---------------------------------------------------------------------------------------------------------- ids


def changed(spec):
    content = copy.deepcopy(BASES[spec["base"]])
    for path, value in spec["changes"].items():
        at = content
        *parents, key = path.split(".")
        for parent in parents:
            at = at[parent]
        at[key] = value
    return content


def ids_of(spec, texts):
    """The ids of each text; None if this version of the reference cannot open the folder."""
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory() as place:
        for name, content in [("tokenizer.json", changed(spec)), *spec["files"].items()]:
            Path(place, name).write_text(json.dumps(content))
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
            return [tokenizer(text)["input_ids"] for text in texts]
        except Exception:
            return None


def compact(text):
    return json.dumps(text, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    import transformers
    from tokenizers import Tokenizer

    twice = {spec["name"] for spec in FOLDERS if sum(spec["name"] == other["name"] for other in FOLDERS) > 1}
    assert not twice, twice
    if sys.argv[1] == "--ids":
        texts = json.loads(Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else TEXTS
        print(json.dumps({"version": transformers.__version__, "ids": {spec["name"]: ids_of(spec, texts) for spec in FOLDERS}}))
        sys.exit()
    assert transformers.__version__.startswith("4.57."), transformers.__version__
    five = json.loads(subprocess.run([sys.argv[1], __file__, "--ids"], check=True, capture_output=True, text=True).stdout)
    for spec in FOLDERS:
        plain = Tokenizer.from_str(json.dumps(changed(spec)))
        ids, later = ids_of(spec, TEXTS), five["ids"][spec["name"]]
        spec["four"] = ids is not None
        spec["five"] = None if later is None else sum(a != b for a, b in zip(ids, later)) if ids else 0
        # by place of the text, where they differ from those of tokenizer.json alone
        if ids or later:
            spec["ids"] = {at: found for at, found in enumerate(ids or later) if found != plain.encode(TEXTS[at]).ids}
    head = compact({"texts": TEXTS, "versions": [transformers.__version__, five["version"]], "bases": BASES})
    lines = ",\n".join(compact(spec) for spec in FOLDERS)
    Path("fixtures/tokenizer-folders.json").write_text(f'{head[:-1]},"folders":[\n{lines}\n]}}\n', encoding="utf-8")
    print(len(FOLDERS), "folders,", sum(not spec["four"] for spec in FOLDERS), "not read by 4.57,", sum(spec["five"] != 0 for spec in FOLDERS), "other in 5")
