"""Writes fixtures/models/NAME: small encoders with random weights, and what sentence-transformers makes of texts of our own with them.

Usage: python scripts/make-model-fixtures.py [NAME ...]     (needs sentence-transformers and onnx; versions: fixtures/models/README.md)

A folder is what SentenceTransformer.save() writes, or what it once wrote. Beside it lie golden.jsonl, a line a text with the token ids
that reached the table of words, and golden.npy, a row a line: `model.encode(text, prompt_name=...)`, one text at a time, in float32.
Vocabularies are counted from the texts, for the trainers of `tokenizers` give another one on every run.
"""
import json
import shutil
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import transformers as tf
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Dropout, LayerNorm, Normalize, Pooling, Transformer
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).parent.parent / "fixtures/models"
LIMIT, WIDTH, LAYERS = 32, 16, 2
PROMPTS = {"query": "query: ", "passage": "passage: "}

TEXTS = [
    "The ferry leaves at noon, and the last one comes back at night.", "WHEN does the Library open, and where is it?", "", " \t\n ",
    "  two  spaces,   three\nand a line end\r\n", "Rain fell on the roof of the old mill all night. " * 5, "rain " * 29 + "rain", "rain " * 30 + "rain",
    "Der Bäcker öffnet früh: straße, ÄRGER, naïve café, Łódź.", "Ο ΟΔΥΣΣΕΥΣ γύρισε σπίτι από το İzmir", "Поезд приходит утром, а корабль вечером.",
    "夜里下雨了。朝は晴れた、ｶﾀｶﾅ。비가 온다.", "مطر في الليل, बारिश हुई, ฝนตก", "rain ☔ and 👩‍🚒 from 🇳🇴 ❤️",
    "[CLS] or [SEP], <s> or </s>, <pad> [PAD] <mask> [MASK] <unk> [UNK] <|endoftext|>", "e\u0301 versus é, ﬁn, Ⅷ, ２０２４, x²",
    "zero\u200bwidth, no\u00a0break, soft\u00adhyphen, \ufeffmark, bell\u0007, nul\u0000, next\u0085line", "z" * 130,
    "don't pay $3.50 at https://example.org/a?b=c#d", "query: where is the ferry?",
]


# ------------------------------------------------------------------------------------------------ tokenizers


def pieces(tokenizer, size):
    """The letters and the commonest beginnings and ends of words: {(text, begins a word): how often}."""
    counts = Counter()
    for text in TEXTS + [text.lower() for text in TEXTS] + list(PROMPTS.values()):
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text)):
            counts.update((word[a:b], a == 0) for a in range(len(word)) for b in range(a + 1, min(len(word), a + 7) + 1))
    letters = sorted(key for key in counts if len(key[0]) == 1 and counts[key] > 1)
    longer = sorted((key for key in counts if len(key[0]) > 1 and counts[key] > 2), key=lambda key: (-counts[key] * len(key[0]), key))
    return {key: counts[key] for key in (letters + longer)[:size]}


def special(tokenizer, tokens, template):
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False, lstrip="mask" in token.lower()) for token in tokens])
    around = [(token, tokenizer.token_to_id(token)) for token in template.split() if token != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=around)
    return tokenizer


def wordpiece(tokens=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), template="[CLS] $A [SEP]", lowercase=True):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = [text if first else "##" + text for text, first in pieces(tokenizer, 300 - len(tokens))]
    tokenizer.model = models.WordPiece({word: at for at, word in enumerate([*tokens, *words])}, unk_token="[UNK]")
    return special(tokenizer, tokens, template)


def unigram(tokens, template, normalizer, splits=False, size=260):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    metaspace = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace]) if splits else metaspace
    counts = Counter()
    for (text, _), count in pieces(tokenizer, size).items():
        counts[text] += count
    # a little of its own for each piece, so that no two ways to cut a word weigh the same
    score = {text: round(float(np.log(count / counts.total())) - zlib.crc32(text.encode()) / 2**33, 5) for text, count in counts.items()}
    vocabulary = [(token, 0.0) for token in tokens] + sorted(score.items(), key=lambda item: (-item[1], item[0]))
    tokenizer.model = models.Unigram(vocabulary, unk_id=tokens.index("<unk>"), byte_fallback=False)
    return special(tokenizer, tokens, template)


def byte_pairs(tokens, template, pattern=None):
    tokenizer = Tokenizer(models.BPE())
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern is None)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), level]) if pattern else level
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=340, special_tokens=list(tokens), initial_alphabet=alphabet, show_progress=False))
    return special(tokenizer, tokens, template)


ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SENTENCEPIECE = [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]
TOKENIZERS = {
    "uncased": lambda: wordpiece(),
    "cased": lambda: wordpiece(lowercase=False),
    "roberta": lambda: byte_pairs(ROBERTA, "<s> $A </s>"),
    "xlmr": lambda: unigram(ROBERTA, "<s> $A </s>", normalizers.NFKC()),
    "mpnet": lambda: wordpiece(("<s>", "<pad>", "</s>", "<unk>", "[UNK]", "<mask>"), "<s> $A </s>"),
    "albert": lambda: unigram(("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), "[CLS] $A [SEP]", normalizers.Sequence(SENTENCEPIECE), splits=True),
    "t5": lambda: unigram(("<pad>", "</s>", "<unk>"), "$A </s>", normalizers.NFKC(), splits=True),
    "qwen": lambda: byte_pairs(("<|endoftext|>", "<|im_end|>"), "$A <|endoftext|>", QWEN),
}


# ---------------------------------------------------------------------------------------------------- models

SIZES = dict(hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=4, intermediate_size=2 * WIDTH)
AFTER_PADDING = dict(max_position_embeddings=LIMIT + 2, pad_token_id=1, bos_token_id=0, eos_token_id=2, layer_norm_eps=1e-5, **SIZES)
NETS = {
    "bert": lambda n: tf.BertModel(tf.BertConfig(vocab_size=n, max_position_embeddings=LIMIT, **SIZES)),
    "roberta": lambda n: tf.RobertaModel(tf.RobertaConfig(vocab_size=n, type_vocab_size=1, **AFTER_PADDING)),
    "xlmr": lambda n: tf.XLMRobertaModel(tf.XLMRobertaConfig(vocab_size=n, type_vocab_size=1, **AFTER_PADDING)),
    "mpnet": lambda n: tf.MPNetModel(tf.MPNetConfig(vocab_size=n, **AFTER_PADDING)),
    "distilbert": lambda n: tf.DistilBertModel(
        tf.DistilBertConfig(vocab_size=n, max_position_embeddings=LIMIT, dim=WIDTH, n_layers=LAYERS, n_heads=4, hidden_dim=2 * WIDTH)
    ),
    "albert": lambda n: tf.AlbertModel(tf.AlbertConfig(vocab_size=n, embedding_size=12, max_position_embeddings=LIMIT, hidden_act="gelu_new", **SIZES)),
    "electra": lambda n: tf.ElectraModel(tf.ElectraConfig(vocab_size=n, embedding_size=12, max_position_embeddings=LIMIT, hidden_act="silu", **SIZES)),
    "t5": lambda n: tf.T5EncoderModel(tf.T5Config(vocab_size=n, d_model=WIDTH, d_kv=6, d_ff=32, num_layers=LAYERS, num_heads=4, pad_token_id=0, eos_token_id=1)),
    "qwen3": lambda n: tf.Qwen3Model(
        tf.Qwen3Config(vocab_size=n, num_key_value_heads=2, head_dim=8, max_position_embeddings=LIMIT, pad_token_id=0, eos_token_id=1, **SIZES)
    ),
}

# name: net, tokenizer, modes of pooling, modules after it, and what else is special
SPECS = {
    "bert-mean": dict(net="bert", tokenizer="uncased", modes="mean", tail=["normalize"]),
    "bert-default-prompt": dict(net="bert", tokenizer="uncased", modes="mean", tail=["normalize"], prompts=PROMPTS, default="passage", dtype="float16", truncate=12),
    "bert-noprompt": dict(net="bert", tokenizer="uncased", modes=("cls", "weightedmean"), tail=["normalize"], prompts=PROMPTS, include_prompt=False),
    "bert-legacy": dict(net="bert", tokenizer="cased", modes=("cls", "max", "mean"), tail=[(20, True, "Tanh")], legacy=True),
    "roberta-max": dict(net="roberta", tokenizer="roberta", modes="max", tail=["layernorm"], shards=True),
    "xlmr-sqrt": dict(net="xlmr", tokenizer="xlmr", modes="mean_sqrt_len_tokens", tail=[], dtype="bfloat16"),
    "mpnet-dense": dict(net="mpnet", tokenizer="mpnet", modes="mean", tail=[(24, False, "Identity"), "normalize"]),
    "distilbert-cls": dict(net="distilbert", tokenizer="uncased", modes="cls", tail=[]),
    "albert-concat": dict(net="albert", tokenizer="albert", modes=("max", "mean", "cls"), tail=[]),
    "electra-residual": dict(net="electra", tokenizer="uncased", modes="mean", tail=["dropout", (20, True, "ELU", True), "normalize"]),
    "t5-onnx": dict(net="t5", tokenizer="t5", modes="mean", tail=[(24, False, "Identity"), "normalize"], onnx=True),
    "qwen3-onnx": dict(net="qwen3", tokenizer="qwen", modes="lasttoken", tail=["normalize"], prompts={"query": "Instruct: find it\nQuery: "}, onnx=True),
}


def randomise(module, seed):
    """Weights wide enough that a bias, norm or table that is left out shows in the vectors."""
    draw = torch.Generator().manual_seed(seed)
    for name, weight in module.named_parameters():
        is_norm = "norm" in name.lower()
        mean, spread = (float(name.endswith("weight")), 0.3) if is_norm else (0.0, 0.05 if "embeddings." in name else 0.25)
        weight.data = mean + spread * torch.randn(weight.shape, generator=draw)


def build(spec, folder, seed):
    tokenizer = TOKENIZERS[spec["tokenizer"]]()
    net = NETS[spec["net"]](tokenizer.get_vocab_size())
    randomise(net, seed)
    with tempfile.TemporaryDirectory() as raw:
        net.to(getattr(torch, spec.get("dtype", "float32"))).save_pretrained(raw)
        tokenizer.save(f"{raw}/tokenizer.json")
        names = {f"{key}_token": token for key, token in specials(tokenizer).items()}
        inputs = ["input_ids", "attention_mask"] + (["token_type_ids"] if spec["net"] in ("bert", "albert", "electra") else [])
        side = "left" if spec["net"] == "qwen3" else "right"
        settings = dict(tokenizer_class="PreTrainedTokenizerFast", model_max_length=LIMIT, model_input_names=inputs, padding_side=side, **names)
        Path(raw, "tokenizer_config.json").write_text(json.dumps(settings))
        parts = [Transformer(raw), Pooling(WIDTH, spec["modes"], include_prompt=spec.get("include_prompt", True))]
        width = parts[-1].get_embedding_dimension()
        for step in spec["tail"]:
            if isinstance(step, tuple):
                activation = getattr(torch.nn, step[2])()
                parts.append(Dense(width, step[0], bias=step[1], activation_function=activation, use_residual=step[3:] == (True,)))
                width = step[0]
            else:
                parts.append({"normalize": Normalize, "dropout": Dropout, "layernorm": lambda: LayerNorm(width)}[step]())
            randomise(parts[-1], seed + 1)
        model = SentenceTransformer(modules=parts, prompts=spec.get("prompts"), default_prompt_name=spec.get("default"), truncate_dim=spec.get("truncate"))
        model.save(str(folder), create_model_card=False)
        if spec.get("shards"):
            (folder / "model.safetensors").unlink()
            net.save_pretrained(folder, max_shard_size="20KB")
    if spec.get("legacy"):
        old_layout(spec, folder)
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)


def specials(tokenizer):
    """The roles of the special tokens, by their names."""
    roles = {"pad": ["[PAD]", "<pad>", "<|endoftext|>"], "unk": ["[UNK]", "<unk>"], "cls": ["[CLS]", "<s>"], "sep": ["[SEP]", "</s>"], "mask": ["[MASK]", "<mask>"]}
    found = {role: next((name for name in names if tokenizer.token_to_id(name) is not None), None) for role, names in roles.items()}
    return {role: name for role, name in found.items() if name}


def old_layout(spec, folder):
    """The same as releases 2.x wrote it (booleans for modes of pooling, limit and do_lower_case in sentence_bert_config.json), with
    tensors named as in the first checkpoints of BERT."""
    weights = load_file(str(folder / "model.safetensors"))
    named = {"bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): w for name, w in weights.items()}
    save_file(named, str(folder / "model.safetensors"), metadata={"format": "pt"})
    modules = json.loads((folder / "modules.json").read_text())
    for module in modules:
        module["type"] = "sentence_transformers.models." + module["type"].split(".")[-1]
    flags = {f"pooling_mode_{mode}_tokens" if mode != "cls" else "pooling_mode_cls_token": mode in spec["modes"] for mode in ("cls", "max", "mean", "mean_sqrt_len")}
    for path, value in {
        "modules.json": modules,
        "1_Pooling/config.json": {"word_embedding_dimension": WIDTH, **flags},
        "sentence_bert_config.json": {"max_seq_length": LIMIT - 8, "do_lower_case": True},
        "config_sentence_transformers.json": {"__version__": {"sentence_transformers": "2.2.2", "transformers": "4.20.1", "pytorch": "1.12.0"}},
    }.items():
        (folder / path).write_text(json.dumps(value, indent=2) + "\n")


# ---------------------------------------------------------------------------------------- vectors and graphs


def write_golden(spec, folder):
    # halves are stored, but nothing is computed in them
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    fed = []
    net = model[0].auto_model
    # T5 holds the table of words as two modules
    for table in [part for part in net.modules() if getattr(part, "num_embeddings", 0) == net.config.vocab_size]:
        table.register_forward_pre_hook(lambda _, inputs: fed.append(inputs[0][0].tolist()))
    rows = [(text, name) for name in [None, *spec.get("prompts", {})] for text in TEXTS]
    np.save(folder / "golden.npy", np.stack([model.encode(text, prompt_name=name) for text, name in rows]).astype("<f4"))
    with open(folder / "golden.jsonl", "w", encoding="utf-8", newline="\n") as lines:
        for (text, name), ids in zip(rows, fed, strict=True):
            lines.write(json.dumps({"text": text, "prompt_name": name, "input_ids": ids}, ensure_ascii=False) + "\n")


def write_onnx(folder):
    """The transformer as ONNX, in the place of its weights."""
    import onnx

    net = SentenceTransformer(str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"})[0].auto_model.eval()
    net.config.use_cache = False

    class Tokens(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, input_ids, attention_mask):
            return self.net(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    names = ["input_ids", "attention_mask"]
    ids = torch.arange(3, 24).reshape(3, 7)
    path = folder / "onnx/model.onnx"
    path.parent.mkdir()
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in [*names, "last_hidden_state"]}
    with torch.no_grad():
        torch.onnx.export(Tokens(), (ids, torch.ones_like(ids)), str(path), input_names=names, output_names=["last_hidden_state"], dynamic_axes=axes, opset_version=17, dynamo=False)
    graph = onnx.load(str(path))
    # exporters note where the code lay
    for node in graph.graph.node:
        node.ClearField("doc_string")
        del node.metadata_props[:]
    onnx.save(graph, str(path))
    (folder / "model.safetensors").unlink()


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    tf.logging.disable_progress_bar()
    for name in sys.argv[1:] or SPECS:
        shutil.rmtree(OUT / name, ignore_errors=True)
        build(SPECS[name], OUT / name, seed=zlib.crc32(name.encode()))
        write_golden(SPECS[name], OUT / name)
        if SPECS[name].get("onnx"):
            write_onnx(OUT / name)
        print(name, sum(file.stat().st_size for file in (OUT / name).rglob("*") if file.is_file()) // 1000, "kB")
