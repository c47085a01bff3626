"""Writes random-weight models of published shapes, and the usual ONNX export of each.

    models_peers.py WEIGHTS OUT

WEIGHTS is the folder of all-MiniLM-L6-v2. OUT gets a folder for each shape: config.json, model.safetensors (a link for
MiniLM) and usual.onnx, what torch.onnx writes of the transformer with inputs for mask and token types.
"""

import sys
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from usual_export import export_onnx

SHAPES = {
    "bge-base": {"vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "multilingual-e5-small": {
        "vocab_size": 250037,
        "hidden_size": 384,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 1536,
    },
}


def main(weights, out):
    for name, shape in SHAPES.items():
        folder = out / name
        if not (folder / "model.safetensors").exists():
            torch.manual_seed(0)
            BertModel(BertConfig(**shape)).save_pretrained(folder)
    minilm = out / "MiniLM"
    minilm.mkdir(parents=True, exist_ok=True)
    for file in ["config.json", "model.safetensors"]:
        if not (minilm / file).exists():
            (minilm / file).symlink_to((weights / file).resolve())
    for folder in [minilm, *(out / name for name in SHAPES)]:
        if not (folder / "usual.onnx").exists():
            export_onnx(str(folder), folder / "usual.onnx")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
