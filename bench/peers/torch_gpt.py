"""The GPT of src/main/ml/gpt in PyTorch, with the loss of the task `generate` in either order."""

import torch
import torch.nn.functional as F
from torch import nn

from layout import GptLayout
from torch_layers import Block, load, load_block

sdpa = F.scaled_dot_product_attention
ATTENTIONS = ["frames", "split", "dense"]


class Gpt(nn.Module):
    def __init__(self, shape, attention):
        super().__init__()
        width, codes, words = shape["width"], shape["codes"], shape["textVocabulary"]
        self.layout = layout = GptLayout(shape)
        self.codes = codes
        self.embed_task = nn.Embedding(2, width)
        self.embed_text = nn.Embedding(words, width)
        self.embed_video = nn.Embedding(codes + 1, width)
        self.blocks = nn.ModuleList(
            Block(width, shape["heads"], shape["innerWidth"]) for _ in range(shape["depth"])
        )
        self.norm = nn.RMSNorm(width, eps=1e-6)
        self.head_video = nn.Linear(width, codes, bias=False)
        self.head_text = nn.Linear(width, words, bias=False)
        for name, table in zip(("cos", "sin"), layout.tables(layout.positions)):
            self.register_buffer(name, torch.from_numpy(table)[:, None])
        self.register_buffer("may_look", torch.from_numpy(layout.may_look()))
        ways = {"dense": self.attend_densely, "split": self.attend_in_two, "frames": self.attend_by_frame}
        self.attend = ways[attention] if layout.is_frame else self.attend_causally

    def load(self, weights):
        load(self.embed_task, "embedding.task", weights)
        load(self.embed_text, "embedding.text", weights)
        load(self.embed_video, "embedding.video", weights)
        for i, block in enumerate(self.blocks):
            load_block(block, f"block.{i}", weights)
        load(self.norm, "norm", weights)
        load(self.head_video, "head.video", weights)
        load(self.head_text, "head.text", weights)

    # Three ways to the same result in frame order; queries are all tokens or, in the last block, the masked ones.

    def attend_densely(self, q, k, v):
        return sdpa(q, k, v, attn_mask=self.may_look[self.layout.length - q.shape[2] :])

    def attend_in_two(self, q, k, v):
        """Clean queries see clean keys only."""
        end = self.layout.clean_end
        seen_by_masked = lambda queries: sdpa(queries, k, v, attn_mask=self.may_look[end:])
        if q.shape[2] == self.layout.video:
            return seen_by_masked(q)
        clean, masked = q.split([end, self.layout.video], 2)
        mask = self.may_look[:end, :end]
        return torch.cat((sdpa(clean, k[:, :, :end], v[:, :, :end], attn_mask=mask), seen_by_masked(masked)), 2)

    def attend_by_frame(self, q, k, v):
        """Frame by frame, with exactly the keys that it may see: no score is computed to be masked."""
        pieces, frames = self.layout.pieces(), self.layout.frames
        keys, values = k.split(pieces, 2), v.split(pieces, 2)
        queries = q.split(pieces[-frames:] if q.shape[2] == self.layout.video else pieces, 2)
        parts = []
        if len(queries) > frames:
            parts.append(sdpa(queries[0], keys[0], values[0], is_causal=True))
            for t in range(1, frames):
                parts.append(sdpa(queries[t], torch.cat(keys[: t + 1], 2), torch.cat(values[: t + 1], 2)))
        for t, query in enumerate(queries[-frames:]):
            seen = lambda of: torch.cat((*of[: t + 1], of[frames + t]), 2)
            parts.append(sdpa(query, seen(keys), seen(values)))
        return torch.cat(parts, 2)

    def attend_causally(self, q, k, v):
        if q.shape[2] == k.shape[2]:
            return sdpa(q, k, v, is_causal=True)
        return self.attend_densely(q, k, v)

    def forward(self, text, tokens, masked=None, weights=None):
        """Nats a token."""
        layout = self.layout
        batch = len(text)
        given = tokens[:, : layout.clean]
        video = torch.cat((given, masked), 1) if layout.is_frame else given
        task = self.embed_task.weight[0].expand(batch, 1, -1)
        x = torch.cat((task, self.embed_text(text), self.embed_video(video)), 1)
        for block in self.blocks[:-1]:
            x = block(x, self.cos, self.sin, self.attend)
        x = self.blocks[-1](x, self.cos, self.sin, self.attend, skip=layout.length - layout.video)
        logits = self.head_video(self.norm(x)).view(-1, self.codes)
        nats = F.cross_entropy(logits, tokens.reshape(-1), reduction="none")
        if weights is not None:
            nats = nats * weights.reshape(-1)
        return nats.sum() / (batch * layout.video)
