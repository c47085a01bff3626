"""Finds near-duplicates with a Python peer.

    dedup_peers.py faiss|faiss-growing|usearch|semhash VECTORS ROWS THREADS

Prints one JSON line with the versions once the first ROWS vectors are in memory. Then, for each line {"minCosine": T,
"queries": N, "pairs": NPY} on standard input, finds pairs of rows at or above T, writes them as (later row, earlier row),
or for semhash as (dropped row, row it repeats), and prints {"seconds": …, "phases": {NAME: seconds}, "remark": …}.
The clock starts with vectors in memory. Only `faiss` takes the first N rows alone as queries.

    dedup_peers.py semhash-texts TEXTS MODEL THRESHOLD

Deduplicates the lines of a file with a model of sentence-transformers (a folder) or of model2vec, and prints {"dropped": N, "seconds": {…}}.
"""

import importlib.metadata
import json
import os
import sys
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np

BLOCK = 1024
# neighbours that are asked for, as FAISS and usearch users do who cannot ask for a radius
NEIGHBOURS = 64
# usearch's own distances are those of bfloat16 where the processor has it
SLACK = 0.02


def range_pairs(index, vectors, first, min_cosine):
    limits, _, rows = index.range_search(vectors[first : first + BLOCK], min_cosine)
    own = first + np.repeat(np.arange(len(limits) - 1), np.diff(limits.astype(np.int64)))
    return np.stack([own, rows], axis=1)[rows < own]


def open_faiss(vectors, threads, growing):
    import faiss

    faiss.omp_set_num_threads(threads)

    def find(min_cosine, queries, clock):
        index = faiss.IndexFlatIP(vectors.shape[1])
        if not growing:
            index.add(vectors)
        pairs = []
        for first in range(0, queries, BLOCK):
            if growing:
                index.add(vectors[first : first + BLOCK])
            pairs.append(range_pairs(index, vectors[:queries], first, min_cosine))
        return np.concatenate(pairs), None

    return find


def open_usearch(vectors, threads):
    from usearch.index import Index

    def find(min_cosine, queries, clock):
        index = Index(ndim=vectors.shape[1], metric="cos")
        index.add(np.arange(len(vectors)), vectors, threads=threads)
        clock("build")
        found = index.search(vectors, NEIGHBOURS, threads=threads)
        own, at = np.nonzero((found.distances <= 1 - min_cosine + SLACK) & (found.keys < len(vectors)))
        other = found.keys[own, at].astype(np.int64)
        pairs = np.stack([np.maximum(own, other), np.minimum(own, other)], axis=1)[own != other]
        pairs = np.unique(pairs, axis=0)
        cosines = [cosines_of(vectors, pairs[first : first + BLOCK]) for first in range(0, len(pairs), BLOCK)]
        pairs = pairs[np.concatenate([*cosines, np.zeros(0)]) >= min_cosine]
        clock("search")
        return pairs, f"index of {index.dtype.name.lower()}, its defaults; {NEIGHBOURS} neighbours, their cosines computed anew"

    return find


def cosines_of(vectors, pairs):
    a, b = (vectors[pairs[:, side]].astype(np.float64) for side in (0, 1))
    return np.round((a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1)), 6)


def open_semhash(vectors, threads):
    from semhash import SemHash

    def find(min_cosine, queries, clock):
        hashes = SemHash.from_embeddings(vectors, [str(row) for row in range(len(vectors))], model=None)
        clock("build")
        result = hashes.self_deduplicate(threshold=min_cosine)
        clock("search")
        pairs = [(int(record.record), int(record.duplicate_of)) for record in result.filtered]
        return np.asarray(pairs, dtype=np.int64).reshape(-1, 2), "vectors are handed in, and no texts are compared"

    return find


PEERS = {
    "faiss": (lambda vectors, threads: open_faiss(vectors, threads, False), ["faiss-cpu"]),
    "faiss-growing": (lambda vectors, threads: open_faiss(vectors, threads, True), ["faiss-cpu"]),
    "usearch": (open_usearch, ["usearch"]),
    "semhash": (open_semhash, ["semhash", "vicinity", "usearch"]),
}


def serve(peer, vectors, rows, threads):
    open_peer, packages = PEERS[peer]
    vectors = np.load(vectors)[: int(rows)]
    find = open_peer(vectors, int(threads))
    versions = {name: importlib.metadata.version(name) for name in ["numpy", *packages]}
    print(json.dumps({"versions": {"python": sys.version.split()[0], **versions}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        phases = {}
        started = last = time.perf_counter()

        def clock(name):
            nonlocal last
            phases[name], last = time.perf_counter() - last, time.perf_counter()

        pairs, remark = find(request["minCosine"], request["queries"], clock)
        seconds = time.perf_counter() - started
        # row numbers below 2 ** 24 are exact in float32
        np.save(request["pairs"], pairs.astype("<f4"))
        print(json.dumps({"seconds": seconds, "phases": phases, "remark": remark}), flush=True)


def load_encoder(model):
    # a folder of sentence-transformers says of which modules it consists
    if os.path.exists(os.path.join(model, "modules.json")):
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(model, device="cpu")
    from model2vec import StaticModel

    return StaticModel.from_pretrained(model)


def deduplicate_texts(path, model, threshold):
    from semhash import SemHash

    with open(path, encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in lines]
    started = time.perf_counter()
    encoder = load_encoder(model)
    loaded = time.perf_counter()
    result = SemHash.from_records(texts, model=encoder).self_deduplicate(threshold=float(threshold))
    seconds = {"load": loaded - started, "deduplicate": time.perf_counter() - loaded}
    print(json.dumps({"dropped": len(result.filtered), "seconds": seconds}))


if __name__ == "__main__":
    deduplicate_texts(*sys.argv[2:]) if sys.argv[1] == "semhash-texts" else serve(*sys.argv[1:])
