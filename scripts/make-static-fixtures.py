"""Writes fixtures/static/NAME: small static models with random rows, and what sentence-transformers or model2vec makes of texts of our own.

Usage: python scripts/make-static-fixtures.py [NAME ...]     (needs sentence-transformers and model2vec; versions: fixtures/static/README.md)

A folder is what SentenceTransformer.save() or StaticModel.save_pretrained() writes, or what they once wrote. Beside it lie golden.jsonl, a
line a text with the token ids whose rows are added up, and golden.npy, a row a line: the vector, one text at a time, in float32.
Tokenizers and texts are those of make-model-fixtures.py.
"""
import importlib.util
import json
import shutil
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import torch
from model2vec import StaticModel
from model2vec.model import quantize_model
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, LayerNorm, Normalize, StaticEmbedding
from tokenizers import normalizers, pre_tokenizers

spec = importlib.util.spec_from_file_location("models", Path(__file__).parent / "make-model-fixtures.py")
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)

OUT = Path(__file__).parent.parent / "fixtures/static"
WIDTH = 12
PROMPTS = {"query": "query: ", "document": "a text: "}
TEXTS = shared.TEXTS + ["☃☃", "ferry " * 40, "the ☃ ferry ☃ leaves ☃ at ☃ noon"]


def unigram():
    """Of the kind that distilled models have: pieces end at spaces, punctuation and digits."""
    tokenizer = shared.unigram(("<unk>",), "$A", normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()]))
    metaspace = pre_tokenizers.Metaspace()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([metaspace, pre_tokenizers.Punctuation(), pre_tokenizers.Digits(individual_digits=True)])
    tokenizer.post_processor = None
    return tokenizer


TOKENIZERS = {"unigram": unigram, "wordpiece": shared.wordpiece, "byte-level": shared.TOKENIZERS["roberta"]}

# name: library, tokenizer, and what else is special
SPECS = {
    "st-root": dict(tokenizer="unigram", tail=["normalize"]),
    "st-nested": dict(tokenizer="wordpiece", tail=[], nested=True, dtype="float16", prompts=PROMPTS, truncate=8, truncation=("left", 20)),
    "st-int8": dict(tokenizer="unigram", tail=["normalize"], int8=True, nested=True),
    "st-dense": dict(tokenizer="byte-level", tail=[("dense", 20), "layernorm", "normalize"]),
    "m2v-float32": dict(tokenizer="wordpiece", model2vec=dict(normalize=True, max_length=16)),
    "m2v-float16": dict(tokenizer="unigram", model2vec=dict(normalize=False), quantize=dict(quantize_to="float16")),
    "m2v-int8": dict(tokenizer="byte-level", model2vec=dict(normalize=True, max_length=None), quantize=dict(quantize_to="int8")),
    "m2v-vocabulary": dict(tokenizer="wordpiece", model2vec=dict(normalize=False), quantize=dict(vocabulary_quantization=40, dimensionality=10), bare=True),
    "m2v-weights": dict(tokenizer="unigram", model2vec=dict(normalize=True), quantize=dict(quantize_to="int8"), weights="float64"),
}


def rows_of(tokenizer, seed):
    return np.random.default_rng(seed).normal(size=(tokenizer.get_vocab_size(), WIDTH)).astype(np.float32)


def build_sentence_transformers(spec, folder, seed):
    tokenizer = TOKENIZERS[spec["tokenizer"]]()
    if "truncation" in spec:
        direction, length = spec["truncation"]
        tokenizer.enable_truncation(length, direction=direction)
    rows = rows_of(tokenizer, seed)
    parts = [StaticEmbedding(tokenizer, embedding_weights=rows)]
    width = WIDTH
    for step in spec["tail"]:
        if isinstance(step, tuple):
            parts.append(Dense(width, step[1], activation_function=torch.nn.Tanh()))
            width = step[1]
        else:
            parts.append({"normalize": Normalize, "layernorm": lambda: LayerNorm(width)}[step]())
        shared.randomise(parts[-1], seed + 1)
    model = SentenceTransformer(modules=parts, prompts=spec.get("prompts"), truncate_dim=spec.get("truncate"))
    if "dtype" in spec:
        model.to(getattr(torch, spec["dtype"]))
    model.save(str(folder), create_model_card=False)
    if spec.get("int8"):
        # a scale a row, in float32
        scales = np.abs(rows).max(axis=1) / 127
        tensors = {"embeddings": np.rint(rows / scales[:, None]).astype(np.int8), "weights": scales.astype(np.float32)}
        save_numpy(tensors, folder / "model.safetensors")
    if spec.get("nested"):
        nested = folder / "0_StaticEmbedding"
        nested.mkdir()
        for name in ("model.safetensors", "tokenizer.json"):
            (folder / name).rename(nested / name)
        modules = json.loads((folder / "modules.json").read_text())
        modules[0]["path"] = nested.name
        for module in modules:
            module["type"] = "sentence_transformers.models." + module["type"].split(".")[-1]
        (folder / "modules.json").write_text(json.dumps(modules, indent=2) + "\n")


def build_model2vec(spec, folder, seed):
    tokenizer = TOKENIZERS[spec["tokenizer"]]()
    rows = rows_of(tokenizer, seed)
    options = dict(spec["model2vec"])
    if "weights" in spec:
        options["weights"] = np.random.default_rng(seed + 1).uniform(0.1, 2, len(rows)).astype(spec["weights"])
    model = StaticModel(rows, tokenizer, config={"model_type": "model2vec", "architectures": ["StaticModel"]}, **options)
    if "quantize" in spec:
        model = quantize_model(model, **spec["quantize"])
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    if spec.get("bare"):
        (folder / "modules.json").unlink()


def save_numpy(tensors, path):
    from safetensors.numpy import save_file

    save_file(tensors, path)


def golden_sentence_transformers(spec, folder):
    model = SentenceTransformer(str(folder), device="cpu").float()
    for name in [None, *spec.get("prompts", {})]:
        for text in TEXTS:
            ids = model.preprocess([model.prompts.get(name or "", "") + text])["input_ids"].flatten().tolist()
            yield text, name, ids, model.encode(text, prompt_name=name)


def golden_model2vec(spec, folder):
    model = StaticModel.from_pretrained(folder)
    if model.embedding.dtype == np.float16:
        # halves are stored, but nothing is computed in them
        model.embedding = model.embedding.astype(np.float32)
    for text in TEXTS:
        seen = text if model.max_length is None else text[: model.max_length * model.median_token_length]
        yield text, None, [int(token) for token in model.tokenize([seen])[0]], model.encode(text)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    for name in sys.argv[1:] or SPECS:
        spec, folder, seed = SPECS[name], OUT / name, zlib.crc32(name.encode())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (build_model2vec if "model2vec" in spec else build_sentence_transformers)(spec, folder, seed)
        rows = list((golden_model2vec if "model2vec" in spec else golden_sentence_transformers)(spec, folder))
        np.save(folder / "golden.npy", np.stack([vector for *_, vector in rows]).astype("<f4"))
        with open(folder / "golden.jsonl", "w", encoding="utf-8", newline="\n") as lines:
            for text, prompt, ids, _ in rows:
                lines.write(json.dumps({"text": text, "prompt_name": prompt, "input_ids": ids}, ensure_ascii=False) + "\n")
        for file in folder.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o644)
        print(name, sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) // 1000, "kB")
