"""A baseline in PyTorch after VideoGPT (Yan et al. 2021, arXiv:2104.10157): a VQ-VAE of 3D convolutions and a raster GPT.

    python bench/baseline/videogpt.py --data OUT --result FOLDER --vqvae-seconds 1500 --gpt-seconds 4800 --threads 1

OUT is what export-data.ts has written. FOLDER gets `eval.json`, `original.u8`, `reconstructed.u8` and `generated.u8`, which
`node bench/baseline/evaluate.ts FOLDER` measures by the code that measures our own runs. Widths are chosen so that both
models have as many weights as ours; each trains for as many seconds on as many threads as ours did.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE_T = 4


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.block = nn.Sequential(
            nn.BatchNorm3d(channels),
            nn.ReLU(),
            nn.Conv3d(channels, channels // 2, 3, padding=1, bias=False),
            nn.BatchNorm3d(channels // 2),
            nn.ReLU(),
            nn.Conv3d(channels // 2, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class Codebook(nn.Module):
    """Nearest entry by squared distance; entries follow their clips by a moving average, unused ones are drawn anew."""

    def __init__(self, size: int, width: int, decay: float = 0.99):
        super().__init__()
        self.decay = decay
        self.register_buffer("entries", torch.randn(size, width))
        self.register_buffer("counts", torch.ones(size))
        self.register_buffer("sums", self.entries.clone())
        self.started = False

    def nearest(self, flat: Tensor) -> Tensor:
        distances = flat.square().sum(1, True) - 2 * flat @ self.entries.T + self.entries.square().sum(1)
        return distances.argmin(1)

    def forward(self, z_BCTHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        flat = z_BCTHW.permute(0, 2, 3, 4, 1).reshape(-1, z_BCTHW.shape[1])
        if self.training and not self.started:
            self._restart(flat, torch.ones_like(self.counts, dtype=torch.bool))
            self.started = True
        index = self.nearest(flat)
        codes = self.entries[index].reshape(z_BCTHW.permute(0, 2, 3, 4, 1).shape).permute(0, 4, 1, 2, 3)
        if self.training:
            with torch.no_grad():
                hot = F.one_hot(index, len(self.counts)).float()
                self.counts.lerp_(hot.sum(0), 1 - self.decay)
                self.sums.lerp_(hot.T @ flat, 1 - self.decay)
                self.entries.copy_(self.sums / self.counts.clamp_min(1e-5).unsqueeze(1))
                self._restart(flat, self.counts < 0.01)
        commitment = F.mse_loss(z_BCTHW, codes.detach())
        return z_BCTHW + (codes - z_BCTHW).detach(), index.reshape(z_BCTHW.shape[0], -1), commitment

    def _restart(self, flat: Tensor, which: Tensor) -> None:
        drawn = flat[torch.randint(len(flat), (int(which.sum()),))].detach()
        drawn = drawn + 0.01 * flat.detach().std() * torch.randn_like(drawn)
        self.entries[which], self.sums[which], self.counts[which] = drawn, drawn, 1.0


class VqVae(nn.Module):
    def __init__(self, channels: int, blocks: int, codes: int, code_width: int):
        super().__init__()
        c = channels
        self.encoder = nn.Sequential(
            nn.Conv3d(3, c // 2, (1, 4, 4), (1, 2, 2), (0, 1, 1)),
            nn.ReLU(),
            nn.Conv3d(c // 2, c, 4, 2, 1),
            nn.ReLU(),
            nn.Conv3d(c, c, 4, 2, 1),
            *[Residual(c) for _ in range(blocks)],
            nn.BatchNorm3d(c),
            nn.ReLU(),
            nn.Conv3d(c, code_width, 1),
        )
        self.codebook = Codebook(codes, code_width)
        self.decoder = nn.Sequential(
            nn.Conv3d(code_width, c, 3, padding=1),
            *[Residual(c) for _ in range(blocks)],
            nn.BatchNorm3d(c),
            nn.ReLU(),
            nn.ConvTranspose3d(c, c, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose3d(c, c // 2, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose3d(c // 2, 3, (1, 4, 4), (1, 2, 2), (0, 1, 1)),
        )

    @staticmethod
    def padded(video: Tensor) -> Tensor:
        """17 frames become 20: the first one stands before itself."""
        missing = -video.shape[2] % STRIDE_T
        return torch.cat([video[:, :, :1].expand(-1, -1, missing, -1, -1), video], 2)

    def forward(self, video: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        codes, tokens, commitment = self.codebook(self.encoder(self.padded(video)))
        return self.decoder(codes)[:, :, -video.shape[2] :], tokens, commitment

    def decode(self, tokens: Tensor, grid: tuple[int, int, int], frames: int) -> Tensor:
        codes = self.codebook.entries[tokens].reshape(len(tokens), *grid, -1).permute(0, 4, 1, 2, 3)
        return self.decoder(codes)[:, :, -frames:]


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, cache: list[Tensor] | None = None) -> Tensor:
        b, s, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, s, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=s > 1)
        x = x + self.out(seen.transpose(1, 2).reshape(b, s, d))
        return x + self.mlp(self.norm2(x))


class RasterGpt(nn.Module):
    """[text][video], learned positions; each video token from all before it."""

    def __init__(self, width: int, heads: int, depth: int, codes: int, text: int, text_length: int, length: int):
        super().__init__()
        self.text_length = text_length
        self.embed_text = nn.Embedding(text, width)
        self.embed_video = nn.Embedding(codes, width)
        self.position = nn.Parameter(0.02 * torch.randn(text_length + length, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, codes, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, text: Tensor, tokens: Tensor) -> Tensor:
        """−log p of each video token, [B, N]."""
        x = torch.cat([self.embed_text(text), self.embed_video(tokens[:, :-1])], 1)
        x = x + self.position[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x[:, self.text_length - 1 :]))
        return F.cross_entropy(logits.transpose(1, 2), tokens, reduction="none")

    @torch.no_grad()
    def sample(self, text: Tensor, length: int, top_p: float = 0.95) -> Tensor:
        caches: list[list[Tensor]] = [[] for _ in self.blocks]
        x = self.embed_text(text) + self.position[: self.text_length]
        chosen: list[Tensor] = []
        for i in range(length):
            for block, cache in zip(self.blocks, caches):
                x = block(x, cache)
            probabilities = self.head(self.norm(x[:, -1])).softmax(-1)
            ordered, order = probabilities.sort(descending=True)
            ordered[ordered.cumsum(-1) - ordered > top_p] = 0
            token = order.gather(1, torch.multinomial(ordered, 1))
            chosen.append(token)
            x = self.embed_video(token) + self.position[self.text_length + i]
        return torch.cat(chosen, 1)


def rate_at(share: float, peak: float) -> float:
    """Warm-up over a twentieth of the time, then a cosine to a fiftieth of the peak."""
    return peak * min(share / 0.05, 0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)


def train(name: str, model: nn.Module, seconds: float, peak: float, loss_of) -> int:
    """Steps until the time is over; returns their number."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
    model.train()
    start = time.perf_counter()
    step = 0
    while (share := (time.perf_counter() - start) / seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = rate_at(share, peak)
        loss = loss_of(step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            print(f"{name} step {step} ({share:.0%}): loss {loss.item():.4f}", flush=True)
        step += 1
    model.eval()
    return step


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--vqvae-seconds", type=float, default=1500)
    parser.add_argument("--gpt-seconds", type=float, default=4800)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--codes", type=int, default=4096)
    parser.add_argument("--channels", type=int, default=104)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--limit", type=int, help="use so many clips of each part only, to try things out")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(options.threads)

    meta = json.loads((options.data / "meta.json").read_text())
    frames, size = meta["frames"], meta["size"]
    used = {part: min(meta[part], options.limit or meta[part]) for part in ("train", "test")}

    def clips(part: str) -> np.ndarray:
        shape = (used[part], frames, size, size, 3)
        return np.memmap(options.data / f"{part}.u8", np.uint8, "r", shape=shape)

    def texts(part: str) -> Tensor:
        flat = np.fromfile(options.data / f"{part}-text.i32", "<i4")
        return torch.from_numpy(flat.reshape(meta[part], meta["textLength"])[: used[part]]).long()

    def video_of(chosen: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(chosen)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1

    train_clips, test_clips = clips("train"), clips("test")
    order = np.random.default_rng(1)

    vqvae = VqVae(options.channels, blocks=2, codes=options.codes, code_width=64)

    def reconstruction(_: int) -> Tensor:
        video = video_of(train_clips[np.sort(order.integers(len(train_clips), size=options.batch))])
        copy, _, commitment = vqvae(video)
        return F.mse_loss(copy, video) / 0.06 + 0.25 * commitment

    vqvae_steps = train("vqvae", vqvae, options.vqvae_seconds, 1e-3, reconstruction)

    @torch.no_grad()
    def encode(all_clips: np.ndarray) -> Tensor:
        parts = [vqvae(video_of(all_clips[at : at + 16]))[1] for at in range(0, len(all_clips), 16)]
        return torch.cat(parts)

    train_tokens, test_tokens = encode(train_clips), encode(test_clips)
    train_text, test_text = texts("train"), texts("test")
    length = train_tokens.shape[1]
    gpt = RasterGpt(options.width, 4, options.depth, options.codes, meta["textVocabulary"], meta["textLength"], length)
    empty = torch.zeros(meta["textLength"], dtype=torch.long)
    # 0 pads, 1 says that there is no caption (src/main/ml/text/vocabulary.ts).
    empty[0] = 1

    def prediction(_: int) -> Tensor:
        chosen = torch.from_numpy(order.integers(len(train_tokens), size=options.batch))
        text = torch.where(torch.rand(len(chosen), 1) < 0.1, empty, train_text[chosen])
        return gpt(text, train_tokens[chosen]).mean()

    gpt_steps = train("gpt", gpt, options.gpt_seconds, 1e-3, prediction)

    @torch.no_grad()
    def bits(text: Tensor) -> list[float]:
        nats = [gpt(text[at : at + 8], test_tokens[at : at + 8]).sum(1) for at in range(0, len(text), 8)]
        return (torch.cat(nats) / math.log(2)).tolist()

    def bytes_of(video: Tensor) -> np.ndarray:
        return ((video.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 4, 1).numpy()

    options.result.mkdir(parents=True, exist_ok=True)
    grid = (length // (size // 8) ** 2, size // 8, size // 8)
    with torch.no_grad():
        copies = [vqvae.decode(test_tokens[at : at + 16], grid, frames) for at in range(0, len(test_tokens), 16)]
        sampled = gpt.sample(test_text[: options.samples], length)
        generated = vqvae.decode(sampled, grid, frames)
    np.asarray(test_clips).tofile(options.result / "original.u8")
    bytes_of(torch.cat(copies)).tofile(options.result / "reconstructed.u8")
    bytes_of(generated).tofile(options.result / "generated.u8")
    weights = {name: sum(p.numel() for p in model.parameters()) for name, model in (("vqvae", vqvae), ("gpt", gpt))}
    description = {
        "name": "VideoGPT-style (PyTorch)",
        "clips": len(test_clips),
        "frames": frames,
        "height": size,
        "width": size,
        "bits": bits(test_text),
        "bitsUncaptioned": bits(empty.expand(len(test_text), -1)),
    }
    (options.result / "eval.json").write_text(json.dumps(description))
    clips_seen = {"vqvae": vqvae_steps * options.batch, "gpt": gpt_steps * options.batch}
    print(json.dumps({"weights": weights, "clips": clips_seen, "codes used": len(test_tokens.unique())}))


if __name__ == "__main__":
    main()
