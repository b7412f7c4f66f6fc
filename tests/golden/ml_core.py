"""Writes ml-core.json: what PyTorch computes for our layers and for ten steps of AdamW.

Run from the folder of this file, with PyTorch installed: python ml_core.py
"""

import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(0)


def flat(tensor):
    return {"shape": list(tensor.shape), "values": [float(x) for x in tensor.detach().flatten()]}


def layer(function, *shapes):
    """Inputs, the result, and the gradients of the sum of the result times fixed factors."""
    inputs = [torch.randn(shape, requires_grad=True) for shape in shapes]
    result = function(*inputs)
    factors = torch.rand(result.shape) + 0.5
    (result * factors).sum().backward()
    return {
        "inputs": [flat(x) for x in inputs],
        "factors": flat(factors),
        "result": flat(result),
        "gradients": [flat(x.grad) for x in inputs],
    }


def swiglu(x, gate_up, down):
    gate, up = (x @ gate_up).chunk(2, dim=-1)
    return (F.silu(gate) * up) @ down


def attention(q, k, v):
    """Causal, two heads."""

    def heads(x):
        return x.view(x.shape[0], x.shape[1], 2, -1).transpose(1, 2)

    seen = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), is_causal=True)
    return seen.transpose(1, 2).reshape(q.shape)


targets = torch.tensor([1, 0, 4, 2])
weights = torch.tensor([1.0, 0.5, 0.0, 2.0])


def cross_entropy(logits):
    return (F.cross_entropy(logits, targets, reduction="none") * weights).sum() / weights.sum()


def adamw():
    """Least squares with a matrix that decays and a bias that does not; clipping bites in some of the steps."""
    config = {
        "learningRate": 0.05, "warmup": 0.3, "finalRate": 0.1, "beta1": 0.9, "beta2": 0.95,
        "epsilon": 1e-8, "weightDecay": 0.1, "clipNorm": 1.5,
    }
    total = 10
    x, y = torch.randn(6, 4), torch.randn(6, 3)
    w, b = torch.randn(4, 3) * 0.5, torch.zeros(3)
    start = {"w": flat(w), "b": flat(b)}
    w.requires_grad_()
    b.requires_grad_()
    optimizer = torch.optim.AdamW(
        [{"params": [w], "weight_decay": config["weightDecay"]}, {"params": [b], "weight_decay": 0.0}],
        betas=(config["beta1"], config["beta2"]), eps=config["epsilon"],
    )
    warmup = round(config["warmup"] * total)
    steps = []
    for step in range(total):
        if step < warmup:
            rate = config["learningRate"] * (step + 1) / warmup
        else:
            progress = (step - warmup) / (total - 1 - warmup)
            final = config["finalRate"]
            rate = config["learningRate"] * (final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([w, b], config["clipNorm"])
        optimizer.step()
        steps.append({"learningRate": rate, "loss": loss.item(), "gradientNorm": norm.item(), "w": flat(w), "b": flat(b)})
    return {"config": config, "x": flat(x), "y": flat(y), "start": start, "steps": steps}


golden = {
    "torch": torch.__version__.split("+")[0],
    "layers": {
        "softmax": layer(lambda x: F.softmax(x, dim=-1), (3, 5)),
        "logSoftmax": layer(lambda x: F.log_softmax(x, dim=-1), (3, 5)),
        "gelu": layer(F.gelu, (3, 5)),
        "rmsNorm": layer(lambda x, gain: F.rms_norm(x, (6,), gain, eps=1e-6), (3, 6), (6,)),
        "layerNorm": layer(lambda x, gain, bias: F.layer_norm(x, (6,), gain, bias), (3, 6), (6,), (6,)),
        "swiglu": layer(swiglu, (3, 4), (4, 12), (6, 4)),
        "attention": layer(attention, (2, 5, 6), (2, 5, 6), (2, 5, 6)),
        "crossEntropy": layer(cross_entropy, (4, 5)),
    },
    "adamw": adamw(),
}
with open("ml-core.json", "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
