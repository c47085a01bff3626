"""The ONNX export that most publishers use: torch.onnx of the transformer alone."""

import torch
from transformers import AutoModel

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class LastHiddenState(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


def export_onnx(weights, path):
    # "eager": the tracer cannot follow how the fused attention builds its mask
    model = LastHiddenState(AutoModel.from_pretrained(weights, attn_implementation="eager")).eval()
    ids = torch.ones((2, 8), dtype=torch.int64)
    free = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        model,
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        str(path),
        dynamo=False,
        opset_version=17,
        input_names=INPUTS,
        output_names=["last_hidden_state"],
        dynamic_axes={name: free for name in [*INPUTS, "last_hidden_state"]},
    )
