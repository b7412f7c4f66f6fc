"""Layers that GPT and tokenizer share, as one writes them in PyTorch."""

import torch
import torch.nn.functional as F
from torch import nn


def turn(x, cos, sin):
    """Rotary positions: x [B, S, H, K], tables [S, 1, K/2]."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Block(nn.Module):
    """Pre-norm attention and SwiGLU. `attend(q, k, v)` takes and gives [B, H, S, K]."""

    def __init__(self, width, heads, inner):
        super().__init__()
        head = width // heads
        self.width, self.heads = width, heads
        self.attention_norm = nn.RMSNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.query_norm = nn.RMSNorm(head, eps=1e-6)
        self.key_norm = nn.RMSNorm(head, eps=1e-6)
        self.out = nn.Linear(width, width, bias=False)
        self.feed_forward_norm = nn.RMSNorm(width, eps=1e-6)
        self.gate_up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x, cos, sin, attend, skip=0):
        """The first `skip` tokens give keys and values only and go no further."""
        batch, length, _ = x.shape
        q, k, v = self.qkv(self.attention_norm(x)).view(batch, length, 3, self.heads, -1).unbind(2)
        if skip:
            q, x = q[:, skip:], x[:, skip:]
        q = turn(self.query_norm(q), cos[skip:], sin[skip:])
        k = turn(self.key_norm(k), cos, sin)
        seen = attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
        x = x + self.out(seen.transpose(1, 2).reshape(batch, length - skip, self.width))
        gate, up = self.gate_up(self.feed_forward_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


BLOCK_NAMES = {
    "attention.norm": "attention_norm",
    "attention.qkv": "qkv",
    "attention.queryNorm": "query_norm",
    "attention.keyNorm": "key_norm",
    "attention.out": "out",
    "feedForward.norm": "feed_forward_norm",
    "feedForward.gateUp": "gate_up",
    "feedForward.down": "down",
}


@torch.no_grad()
def load(module, name, weights):
    """Copies arrays by our names into `module`: a matrix [in, out] into a Linear, whose weight is [out, in]."""
    if isinstance(module, nn.Linear):
        module.weight.copy_(torch.from_numpy(weights[name if name in weights else f"{name}.weight"]).T)
        if module.bias is not None:
            module.bias.copy_(torch.from_numpy(weights[f"{name}.bias"]))
    else:
        module.weight.copy_(torch.from_numpy(weights[name]))


def load_block(block, prefix, weights):
    for name, attribute in BLOCK_NAMES.items():
        load(getattr(block, attribute), f"{prefix}.{name}", weights)
