"""Encodes texts with a Python peer, on request.

    encode_peers.py sentence-transformers WEIGHTS THREADS
    encode_peers.py openvino MODELS THREADS

Prints one JSON line with the versions once the model is loaded. Then, for each line {"texts": JSONL, "vectors": NPY or
null} on standard input, encodes the texts, writes the vectors where asked to, and prints {"seconds": …}: texts in
memory to vectors in memory, tokenisation included.
"""

import importlib.metadata
import json
import sys
import time
from pathlib import Path

import numpy as np

TOKENS_PER_BATCH = 1024


def open_sentence_transformers(weights, threads):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    model = SentenceTransformer(weights, device="cpu", local_files_only=True)
    return lambda texts: model.encode(texts, batch_size=32, show_progress_bar=False)


def open_openvino(models, threads):
    import openvino
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(models) / "tokenizer.json"))
    tokenizer.no_padding()
    limit = json.loads((Path(models) / "tokenizer_config.json").read_text())["model_max_length"]
    tokenizer.enable_truncation(limit)
    # one stream a processor: whole batches side by side, as in our own pool
    options = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": threads, "INFERENCE_NUM_THREADS": threads}
    model = openvino.Core().compile_model(Path(models) / "openvino" / "int8.xml", "CPU", options)

    def encode(texts):
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        vectors = np.empty((len(texts), model.output(0).partial_shape[2].get_length()), dtype=np.float32)

        def done(request, job):
            rows, mask = job
            hidden = request.get_output_tensor().data
            mean = np.einsum("btd,bt->bd", hidden, mask.astype(np.float32))
            vectors[rows] = mean / np.linalg.norm(mean, axis=1, keepdims=True)

        queue = openvino.AsyncInferQueue(model, threads)
        queue.set_callback(done)
        for rows in plan_batches([len(row) for row in ids]):
            shape = (len(rows), len(ids[rows[0]]))
            padded, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
            for at, row in enumerate(rows):
                padded[at, : len(ids[row])] = ids[row]
                mask[at, : len(ids[row])] = 1
            feeds = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros(shape, dtype=np.int64)}
            queue.start_async(feeds, (rows, mask))
        queue.wait_all()
        return vectors

    return encode


def plan_batches(lengths):
    """Longest first, as many rows as TOKENS_PER_BATCH holds of the longest."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    at = 0
    while at < len(order):
        size = max(1, TOKENS_PER_BATCH // lengths[order[at]])
        yield order[at : at + size]
        at += size


PEERS = {
    "sentence-transformers": (open_sentence_transformers, ["sentence-transformers", "transformers", "torch"]),
    "openvino": (open_openvino, ["openvino", "nncf", "tokenizers"]),
}


def main(peer, model, threads):
    open_peer, packages = PEERS[peer]
    encode = open_peer(model, int(threads))
    versions = {name: importlib.metadata.version(name) for name in ["numpy", *packages]}
    print(json.dumps({"versions": {"python": sys.version.split()[0], **versions}}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        texts = [json.loads(text) for text in open(request["texts"], encoding="utf-8")]
        started = time.perf_counter()
        vectors = encode(texts)
        seconds = time.perf_counter() - started
        if request["vectors"]:
            np.save(request["vectors"], np.asarray(vectors, dtype="<f4"))
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
