"""Groups vectors with a Python peer, on request.

    cluster_peers.py faiss|sklearn VECTORS THREADS

Prints one JSON line with the versions once the vectors are in memory. Then, for each line {"rows": N, "clusters": N,
"iterations": N, "seed": N, "spherical": BOOL, "labels": NPY} on standard input, groups the first rows and writes the cluster of
each, and prints {"seconds": …}: the time for centroids and labels.
"""

import importlib.metadata
import json
import sys
import time

import numpy as np


def open_faiss(threads):
    import faiss

    faiss.omp_set_num_threads(threads)

    def run(rows, clusters, iterations, seed, spherical):
        kmeans = faiss.Kmeans(
            rows.shape[1],
            clusters,
            niter=iterations,
            seed=seed + 1,
            spherical=spherical,
            # no sampling: every row counts, as for everybody else
            max_points_per_centroid=len(rows),
            min_points_per_centroid=1,
        )
        kmeans.train(rows)
        return kmeans.index.search(rows, 1)[1][:, 0]

    return run


def open_sklearn(threads):
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    def run(rows, clusters, iterations, seed, spherical):
        if spherical:
            raise ValueError("scikit-learn has no spherical k-means")
        with threadpool_limits(limits=threads):
            kmeans = KMeans(clusters, n_init=1, max_iter=iterations, tol=0, random_state=seed)
            return kmeans.fit(rows).labels_

    return run


PEERS = {"faiss": (open_faiss, ["faiss-cpu"]), "sklearn": (open_sklearn, ["scikit-learn"])}


def main(peer, vectors, threads):
    open_peer, packages = PEERS[peer]
    run = open_peer(int(threads))
    vectors = np.load(vectors)
    versions = {name: importlib.metadata.version(name) for name in ["numpy", *packages]}
    print(json.dumps({"versions": {"python": sys.version.split()[0], **versions}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        rows = np.ascontiguousarray(vectors[: request["rows"]])
        started = time.perf_counter()
        labels = run(rows, request["clusters"], request["iterations"], request["seed"], request["spherical"])
        seconds = time.perf_counter() - started
        np.save(request["labels"], np.asarray(labels, dtype="<f8").reshape(1, -1))
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
