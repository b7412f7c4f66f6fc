"""The tokenizer of src/main/ml/tokenizer in PyTorch, with its loss."""

import torch
import torch.nn.functional as F
from torch import nn

from layout import FsqLayout, TokenizerLayout
from torch_layers import Block, load, load_block

sdpa = F.scaled_dot_product_attention
ATTENTIONS = ["frames", "dense"]
ABSOLUTE_WEIGHT, TIP = 0.3, 1e-6


class Tokenizer(nn.Module):
    def __init__(self, shape, attention):
        super().__init__()
        width, channels = shape["width"], len(shape["levels"])
        self.layout = TokenizerLayout(shape)
        self.first_in = nn.Linear(shape["firstPatch"], width)
        self.later_in = nn.Linear(shape["laterPatch"], width)
        blocks = lambda: nn.ModuleList(
            Block(width, shape["heads"], shape["innerWidth"]) for _ in range(shape["depth"])
        )
        self.encoder, self.encoder_norm = blocks(), nn.RMSNorm(width, eps=1e-6)
        self.decoder, self.decoder_norm = blocks(), nn.RMSNorm(width, eps=1e-6)
        self.latent_out = nn.Linear(width, channels)
        self.latent_in = nn.Linear(channels, width)
        self.first_out = nn.Linear(width, shape["firstPatch"])
        self.later_out = nn.Linear(width, shape["laterPatch"])
        self.register_buffer("cos", torch.from_numpy(self.layout.cos)[:, None])
        self.register_buffer("sin", torch.from_numpy(self.layout.sin)[:, None])
        self.register_buffer("may_look", torch.from_numpy(self.layout.may_look()))
        for name, values in vars(FsqLayout(shape["levels"])).items():
            self.register_buffer(name, torch.from_numpy(values))
        self.attend = {"dense": self.attend_densely, "frames": self.attend_by_frame}[attention]

    def load(self, weights):
        for half in ("encoder", "decoder"):
            for i, block in enumerate(getattr(self, half)):
                load_block(block, f"{half}.block.{i}", weights)
            load(getattr(self, f"{half}_norm"), f"{half}.norm", weights)
        load(self.first_in, "encoder.first", weights)
        load(self.later_in, "encoder.later", weights)
        load(self.latent_out, "encoder.latent", weights)
        load(self.latent_in, "decoder.latent", weights)
        load(self.first_out, "decoder.first", weights)
        load(self.later_out, "decoder.later", weights)

    def attend_densely(self, q, k, v):
        return sdpa(q, k, v, attn_mask=self.may_look)

    def attend_by_frame(self, q, k, v):
        queries, keys, values = (part.split(self.layout.frame, 2) for part in (q, k, v))
        return torch.cat(
            [
                sdpa(query, torch.cat(keys[: t + 1], 2), torch.cat(values[: t + 1], 2))
                for t, query in enumerate(queries)
            ],
            2,
        )

    def quantize(self, z):
        bounded = torch.tanh(z + self.shift) * self.half_range - self.offset
        rounded = bounded + (torch.floor(bounded + 0.5) - bounded).detach()
        return rounded / self.halves

    def forward(self, first, later):
        """first [B, frame, patch], later [B, rest, patch] of pixels -1 … 1."""
        x = torch.cat((self.first_in(first), self.later_in(later)), 1)
        for block in self.encoder:
            x = block(x, self.cos, self.sin, self.attend)
        codes = self.quantize(self.latent_out(self.encoder_norm(x)))
        x = self.latent_in(codes)
        for block in self.decoder:
            x = block(x, self.cos, self.sin, self.attend)
        x = self.decoder_norm(x)
        x_first, x_later = x.split([self.layout.frame, x.shape[1] - self.layout.frame], 1)
        parts = (self.first_out(x_first) - first, self.later_out(x_later) - later)
        total = sum((p.square() + ABSOLUTE_WEIGHT * (p.square() + TIP).sqrt()).sum() for p in parts)
        return total / sum(p.numel() for p in parts)
