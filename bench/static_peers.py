"""Runs model2vec, and semhash with it, as a program: what is timed from outside is the whole of it.

    static_peers.py versions
    static_peers.py encode MODEL TEXTS VECTORS THREADS
    static_peers.py dedup MODEL TEXTS DROPPED THRESHOLD
    static_peers.py one MODEL TEXT

TEXTS has one a line. `encode` writes the vectors as .npy; THREADS is 1 for one process and one thread, 0 for what model2vec takes
by itself. `dedup` writes the lines that go. The last line printed is JSON: versions of what is installed, or {"seconds": …}, the
time of the call alone, with the model loaded and the texts in memory.
"""

import importlib.metadata
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")


def versions():
    found = {"python": sys.version.split()[0]}
    for name in ["numpy", "tokenizers", "model2vec", "semhash", "vicinity", "usearch"]:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def load(model):
    from model2vec import StaticModel

    return StaticModel.from_pretrained(model)


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [line.rstrip("\n") for line in lines]


def encode(model, path, vectors_path, threads):
    alone = threads == "1"
    if alone:
        # before the tokenizer and numpy are loaded
        for name in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]:
            os.environ[name] = "1"
    import numpy as np

    encoder, texts = load(model), read_lines(path)
    started = time.perf_counter()
    vectors = encoder.encode(texts, use_multiprocessing=not alone)
    seconds = time.perf_counter() - started
    np.save(vectors_path, vectors)
    return {"seconds": seconds}


def dedup(model, path, dropped_path, threshold):
    from semhash import SemHash

    encoder, texts = load(model), read_lines(path)
    started = time.perf_counter()
    result = SemHash.from_records(texts, model=encoder).self_deduplicate(threshold=float(threshold))
    seconds = time.perf_counter() - started
    with open(dropped_path, "w", encoding="utf-8") as file:
        file.writelines(f"{record.record}\n" for record in result.filtered)
    return {"seconds": seconds}


def one(model, text):
    encoder = load(model)
    started = time.perf_counter()
    encoder.encode([text])
    return {"seconds": time.perf_counter() - started}


if __name__ == "__main__":
    run = {"versions": versions, "encode": encode, "dedup": dedup, "one": one}[sys.argv[1]]
    print(json.dumps(run(*sys.argv[2:])), flush=True)
