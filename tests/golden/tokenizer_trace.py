"""Ten AdamW steps of a tiny video tokenizer in PyTorch: the trace that our training must reproduce.

Written from the description of the model, with plain tensor operations and one dense boolean mask; nothing is taken from the
TypeScript graphs. Run with any recent PyTorch: python tests/golden/tokenizer_trace.py
"""

import json
import math
import pathlib
import random

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

WIDTH, HEADS, DEPTH, INNER = 16, 2, 1, 64
LEVELS = [5, 4, 3]
FRAMES, SIZE, STRIDE_T, STRIDE_S = 9, 8, 4, 4
T, SIDE = 1 + (FRAMES - 1) // STRIDE_T, SIZE // STRIDE_S
FRAME, TOKENS = SIDE * SIDE, T * SIDE * SIDE
FIRST = STRIDE_S * STRIDE_S * 3
LATER = FIRST * STRIDE_T
BATCH, STEPS = 2, 10
OPTIMIZER = dict(
    kind="adamw", learningRate=0.01, warmup=0.2, finalRate=0.1, beta1=0.9, beta2=0.95,
    epsilon=1e-8, weightDecay=0.1, clipNorm=0.5,
)


def parameter_shapes():
    shapes = {}

    def projection(name, size_in, size_out):
        shapes[f"{name}.weight"] = (size_in, size_out)
        shapes[f"{name}.bias"] = (size_out,)

    projection("encoder.first", FIRST, WIDTH)
    projection("encoder.later", LATER, WIDTH)
    for half in ("encoder", "decoder"):
        for i in range(DEPTH):
            block = f"{half}.block.{i}"
            shapes[f"{block}.attention.norm"] = (WIDTH,)
            shapes[f"{block}.attention.qkv"] = (WIDTH, 3 * WIDTH)
            shapes[f"{block}.attention.queryNorm"] = (WIDTH // HEADS,)
            shapes[f"{block}.attention.keyNorm"] = (WIDTH // HEADS,)
            shapes[f"{block}.attention.out"] = (WIDTH, WIDTH)
            shapes[f"{block}.feedForward.norm"] = (WIDTH,)
            shapes[f"{block}.feedForward.gateUp"] = (WIDTH, 2 * INNER)
            shapes[f"{block}.feedForward.down"] = (INNER, WIDTH)
        shapes[f"{half}.norm"] = (WIDTH,)
    projection("encoder.latent", WIDTH, len(LEVELS))
    projection("decoder.latent", len(LEVELS), WIDTH)
    projection("decoder.first", WIDTH, FIRST)
    projection("decoder.later", WIDTH, LATER)
    return shapes


def start_values():
    """Uniform in ±0.4 (gains: around 1) from the generator of Lehmer, which needs no more than whole numbers."""
    weights, state = {}, 42
    for name, shape in parameter_shapes().items():
        values = []
        for _ in range(math.prod(shape)):
            state = state * 16807 % 2147483647
            is_gain = len(shape) == 1 and not name.endswith("bias")
            values.append(0.4 * (2 * state / 2147483647 - 1) + (1 if is_gain else 0))
        rounded = torch.tensor(values, dtype=torch.float32).to(torch.float64)
        weights[name] = rounded.reshape(shape).requires_grad_()
    return weights


def rms_norm(x, gain):
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * gain


POSITIONS = [(t, y, x) for t in range(T) for y in range(SIDE) for x in range(SIDE)]
HALF = WIDTH // HEADS // 2
SPACE = math.floor(HALF * 0.375)
PAIRS = [HALF - 2 * SPACE, SPACE, SPACE]
ANGLES = torch.tensor(
    [[place * 100 ** (-i / count) for place, count in zip(p, PAIRS) for i in range(count)] for p in POSITIONS]
)
FRAME_OF = torch.arange(TOKENS) // FRAME
MAY_LOOK = FRAME_OF[:, None] >= FRAME_OF[None, :]


def turn(x):
    """x [B, heads, S, size] as complex numbers, multiplied by e^(i·angle)."""
    turned = torch.complex(x[..., :HALF], x[..., HALF:]) * torch.polar(torch.ones_like(ANGLES), ANGLES)
    return torch.cat([turned.real, turned.imag], -1)


def transformer(weights, half, x):
    batch, length, _ = x.shape
    for i in range(DEPTH):
        w = lambda name: weights[f"{half}.block.{i}.{name}"]
        qkv = rms_norm(x, w("attention.norm")) @ w("attention.qkv")
        q, k, v = (part.reshape(batch, length, HEADS, -1).transpose(1, 2) for part in qkv.chunk(3, -1))
        q, k = turn(rms_norm(q, w("attention.queryNorm"))), turn(rms_norm(k, w("attention.keyNorm")))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        seen = scores.masked_fill(~MAY_LOOK, -torch.inf).softmax(-1) @ v
        x = x + seen.transpose(1, 2).reshape(batch, length, WIDTH) @ w("attention.out")
        gate, up = (rms_norm(x, w("feedForward.norm")) @ w("feedForward.gateUp")).chunk(2, -1)
        x = x + (F.silu(gate) * up) @ w("feedForward.down")
    return rms_norm(x, weights[f"{half}.norm"])


def quantize(z):
    """FSQ as in the paper: squashed into a range of as many whole numbers as there are levels, rounded, gradient unchanged."""
    levels = torch.tensor(LEVELS, dtype=torch.float64)
    half_range = (levels - 1) * (1 + 1e-3) / 2
    offset = torch.where(levels % 2 == 0, 0.5, 0.0)
    bounded = torch.tanh(z + torch.atanh(offset / half_range)) * half_range - offset
    rounded = bounded + (torch.floor(bounded + 0.5) - bounded).detach()
    distance = (bounded.detach() + 0.5 - torch.floor(bounded.detach() + 0.5)).abs()
    # A value this near to the border between two levels could fall to either side in single precision.
    assert distance.min() > 1e-5, "a latent lies on the border of a level: draw other clips"
    return rounded / (levels // 2)


def loss_of(weights, first, later):
    project = lambda x, name: x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]
    x = torch.cat([project(first, "encoder.first"), project(later, "encoder.later")], 1)
    codes = quantize(project(transformer(weights, "encoder", x), "encoder.latent"))
    x = transformer(weights, "decoder", project(codes, "decoder.latent"))
    copies = project(x[:, :FRAME], "decoder.first"), project(x[:, FRAME:], "decoder.later")
    errors = torch.cat([(copies[0] - first).flatten(), (copies[1] - later).flatten()])
    return (errors.pow(2) + 0.3 * (errors.pow(2) + 1e-6).sqrt()).mean()


def rate(step):
    """Linear up to the peak at the last warm-up step, then a cosine that ends at finalRate · peak in the last step."""
    peak, warm = OPTIMIZER["learningRate"], round(OPTIMIZER["warmup"] * STEPS)
    if step < warm:
        return peak * (step + 1) / warm
    low, done = OPTIMIZER["finalRate"], (step - warm) / (STEPS - 1 - warm)
    return peak * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * done)))


def main():
    weights, dice = start_values(), random.Random(7)
    groups = [
        {"params": [w for w in weights.values() if w.dim() > 1], "weight_decay": OPTIMIZER["weightDecay"]},
        {"params": [w for w in weights.values() if w.dim() == 1], "weight_decay": 0.0},
    ]
    betas = (OPTIMIZER["beta1"], OPTIMIZER["beta2"])
    adamw = torch.optim.AdamW(groups, lr=1.0, betas=betas, eps=OPTIMIZER["epsilon"])
    steps = []
    for step in range(STEPS):
        for group in adamw.param_groups:
            group["lr"] = rate(step)
        # Pixels in eighths are whole in either precision, and short in the file.
        pixels = lambda *shape: [dice.randrange(-8, 9) for _ in range(math.prod(shape))]
        batch = {"first": pixels(BATCH, FRAME, FIRST), "later": pixels(BATCH, TOKENS - FRAME, LATER)}
        first = torch.tensor(batch["first"]).reshape(BATCH, FRAME, FIRST) / 8
        later = torch.tensor(batch["later"]).reshape(BATCH, TOKENS - FRAME, LATER) / 8
        loss = loss_of(weights, first, later)
        adamw.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), OPTIMIZER["clipNorm"])
        adamw.step()
        steps.append({"batch": batch, "loss": loss.item(), "norm": norm.item()})
    checksums = {}
    for name, w in weights.items():
        flat = w.detach().flatten()
        checksums[name] = [flat.norm().item(), (flat * (torch.arange(flat.numel()) % 7 - 3)).sum().item()]
    shape = dict(
        width=WIDTH, heads=HEADS, depth=DEPTH, innerWidth=INNER, levels=LEVELS, frames=FRAMES, size=SIZE,
        strideT=STRIDE_T, strideS=STRIDE_S, T=T, side=SIDE, frameTokens=FRAME, tokens=TOKENS, firstPatch=FIRST, laterPatch=LATER,
    )
    result = {"shape": shape, "optimizer": OPTIMIZER, "steps": steps, "checksums": checksums}
    path = pathlib.Path(__file__).with_name("tokenizer-trace.json")
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print([round(step["loss"], 4) for step in steps], [round(step["norm"], 3) for step in steps])


main()
