"""Writes the model files that the peers run, from the same weights as ours, because nothing is fetched.

    export_peers.py WEIGHTS TEXTS.jsonl OUT

WEIGHTS is a sentence-transformers folder, TEXTS calibrates OpenVINO's integers. OUT gets the layout that
@huggingface/transformers reads (config and tokenizer files, onnx/model.onnx, onnx/model_quantized.onnx) and
openvino/int8.xml.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import openvino
import nncf
from onnxruntime.quantization import quantize_dynamic
from tokenizers import Tokenizer

from usual_export import export_onnx

def copy_tokenizer(weights, out, max_tokens):
    for name in ["config.json", "tokenizer.json", "special_tokens_map.json"]:
        if (weights / name).exists():
            shutil.copyfile(weights / name, out / name)
    # this is where @huggingface/transformers looks for the limit; without it, it would read 512 tokens to our 256
    config = json.loads((weights / "tokenizer_config.json").read_text())
    (out / "tokenizer_config.json").write_text(json.dumps({**config, "model_max_length": max_tokens}))


def export_openvino(onnx, weights, texts, path, max_tokens):
    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)

    def feed(text):
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}

    model = nncf.quantize(
        openvino.convert_model(str(onnx)),
        nncf.Dataset(texts, feed),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(texts),
    )
    openvino.save_model(model, str(path))


def main(weights, texts, out):
    weights, out = Path(weights), Path(out)
    texts = [json.loads(line) for line in open(texts, encoding="utf-8")]
    max_tokens = json.loads((weights / "sentence_bert_config.json").read_text())["max_seq_length"]
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    copy_tokenizer(weights, out, max_tokens)
    onnx = out / "onnx" / "model.onnx"
    export_onnx(str(weights), onnx)
    quantize_dynamic(onnx, out / "onnx" / "model_quantized.onnx", per_channel=True)
    export_openvino(onnx, weights, texts, out / "openvino" / "int8.xml", max_tokens)


if __name__ == "__main__":
    main(*sys.argv[1:])
