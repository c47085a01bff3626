"""Searches vectors with a Python peer, on request.

    search_peers.py faiss|usearch VECTORS QUERIES THREADS

Prints one JSON line with the versions once vectors and queries are in memory. Then, for each line {"first": N, "count": N,
"top": N, "rows": NPY or null} on standard input, searches with these queries at once, exactly, writes the row numbers where
asked to, and prints {"seconds": …}.
"""

import importlib.metadata
import json
import sys
import time

import numpy as np


def open_faiss(vectors, threads):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return lambda queries, top: index.search(queries, top)[1]


def open_usearch(vectors, threads):
    from usearch.index import MetricKind, search

    return lambda queries, top: search(vectors, queries, top, MetricKind.Cos, exact=True, threads=threads).keys


PEERS = {"faiss": (open_faiss, "faiss-cpu"), "usearch": (open_usearch, "usearch")}


def main(peer, vectors, queries, threads):
    open_peer, package = PEERS[peer]
    search = open_peer(np.load(vectors), int(threads))
    queries = np.load(queries)
    versions = {name: importlib.metadata.version(name) for name in ["numpy", package]}
    print(json.dumps({"versions": {"python": sys.version.split()[0], **versions}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        some = queries[request["first"] : request["first"] + request["count"]]
        started = time.perf_counter()
        rows = search(some, request["top"])
        seconds = time.perf_counter() - started
        if request["rows"]:
            np.save(request["rows"], np.asarray(rows, dtype="<f8").reshape(len(some), -1))
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
