"""Samples the tokens of a clip in PyTorch with guidance, greedily, over a KV cache that is allocated once."""

import math

import torch
import torch.nn.functional as F

from torch_gpt import Gpt

sdpa = F.scaled_dot_product_attention


class TorchSampler:
    """Two rows go side by side: with the prompt and without it."""

    def __init__(self, task, is_compiled):
        torch.set_num_threads(task.threads)
        shape, self.settings = task.shape, task.settings["sampling"]
        self.gpt = gpt = Gpt(shape, "frames").eval().requires_grad_(False)
        gpt.load(task.weights)
        self.layout = layout = gpt.layout
        self.codes = shape["codes"]
        rows = len(task.settings["text"])
        self.text = torch.tensor(task.settings["text"])
        size = (rows, shape["heads"], layout.prefix + layout.video, 2 * layout.half_head)
        self.keys, self.values = ([torch.zeros(size) for _ in gpt.blocks] for _ in range(2))
        as_tables = lambda positions: [torch.from_numpy(t)[:, None] for t in layout.tables(positions)]
        self.prefix_tables = as_tables(layout.prefix_positions)
        self.video_tables = as_tables(layout.video_positions)
        self.places = torch.arange(size[2])
        self.transform, self.transform_one = self.run, self.run_one
        if is_compiled:
            # Each length of the cache in frame order is a graph of its own; one graph serves all single tokens.
            torch._dynamo.config.recompile_limit = 32
            torch._inductor.config.freezing = True
            self.transform = torch.compile(self.run, dynamic=False)
            self.transform_one = torch.compile(self.run_one, dynamic=False)
        self.is_compiled = is_compiled

    def run(self, x, cos, sin, start, is_causal=False):
        """Reads x [B, S, D] behind `start` tokens of the cache, which it joins; [B, S, D] normalised for the head."""
        end = start + x.shape[1]
        for i, block in enumerate(self.gpt.blocks):

            def attend(q, k, v):
                self.keys[i][:, :, start:end] = k
                self.values[i][:, :, start:end] = v
                return sdpa(q, self.keys[i][:, :, :end], self.values[i][:, :, :end], is_causal=is_causal)

            x = block(x, cos, sin, attend)
        return self.gpt.norm(x)

    def run_one(self, x, cos, sin, place):
        """The same for one token at `place` [1], with a mask over the whole cache instead of a length."""
        mask = (self.places <= place)[None]
        for i, block in enumerate(self.gpt.blocks):

            def attend(q, k, v):
                self.keys[i].index_copy_(2, place, k)
                self.values[i].index_copy_(2, place, v)
                return sdpa(q, self.keys[i], self.values[i], attn_mask=mask)

            x = block(x, cos, sin, attend)
        return self.gpt.norm(x)

    def guided(self, x):
        given, free = self.gpt.head_video(x)
        return free + self.settings["guidance"] * (given - free)

    def read_prefix(self):
        task = self.gpt.embed_task.weight[0].expand(len(self.text), 1, -1)
        x = torch.cat((task, self.gpt.embed_text(self.text)), 1)
        return self.transform(x, *self.prefix_tables, 0, True)

    def read(self, tokens, first):
        """Tokens [S] from the place `first` of the window on."""
        x = self.gpt.embed_video(tokens.expand(len(self.text), -1))
        cos, sin = (table[first : first + len(tokens)] for table in self.video_tables)
        start = self.layout.prefix + first
        if self.is_compiled and len(tokens) == 1:
            return self.transform_one(x, cos, sin, torch.tensor([start]))
        return self.transform(x, cos, sin, start)

    @torch.inference_mode()
    def frames(self):
        """Tokens of latent frame after latent frame, each as soon as it is decided."""
        x = self.read_prefix()
        return self.by_frame() if self.layout.is_frame else self.by_token(x[:, -1:])

    def by_frame(self):
        layout, steps = self.layout, self.settings["steps"]
        for t in range(layout.frames):
            tokens = torch.full((layout.frame,), self.codes)
            is_masked = torch.ones(layout.frame, dtype=torch.bool)
            for step in range(steps):
                with torch.inference_mode():
                    logits = self.guided(self.read(tokens, t * layout.frame))
                    sureness, guesses = logits.softmax(-1).max(-1)
                    count = int(is_masked.sum())
                    after = math.floor(math.cos(math.pi / 2 * (step + 1) / steps) * layout.frame)
                    keep = count - min(0 if step + 1 == steps else after, count - 1)
                    order = sureness.masked_fill(~is_masked, -1).sort(descending=True, stable=True).indices
                    tokens[order[:keep]] = guesses[order[:keep]]
                    is_masked[order[:keep]] = False
                if keep == count:
                    break
            if t + 1 < layout.frames:
                with torch.inference_mode():
                    self.read(tokens, t * layout.frame)
            yield tokens.tolist()

    def by_token(self, x):
        layout = self.layout
        tokens = []
        for place in range(layout.video):
            with torch.inference_mode():
                token = self.guided(x)[0].argmax()
                tokens.append(int(token))
                if place + 1 < layout.video:
                    x = self.read(token.view(1), place)
            if len(tokens) % layout.frame == 0:
                yield tokens[-layout.frame :]
