"""Ten AdamW steps of a tiny video GPT in PyTorch, for both token orders: the trace that our training must reproduce.

Written from the description of the model, with plain tensor operations and one dense boolean mask for the whole sequence;
nothing is taken from the TypeScript graphs. Run with any recent PyTorch: python tests/golden/gpt_trace.py
"""

import json
import math
import pathlib
import random

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

WIDTH, HEADS, DEPTH, INNER = 16, 2, 2, 64
TEXT_LENGTH, TEXT_VOCABULARY, TEXT_FEATURES, CODES = 4, 20, 6, 11
GENERATE, CAPTION, INBETWEEN, LOOP = range(4)
T, H, W = 3, 2, 2
FRAME, VIDEO = H * W, T * H * W
BATCH, STEPS = 2, 10
PAD, EMPTY, START, END = 0, 1, 2, 3
OPTIMIZER = dict(
    kind="adamw", learningRate=0.02, warmup=0.2, finalRate=0.1, beta1=0.9, beta2=0.95,
    epsilon=1e-8, weightDecay=0.1, clipNorm=0.5,
)


def parameter_shapes():
    shapes = {
        "embedding.task": (4, WIDTH),
        "embedding.text": (TEXT_VOCABULARY, WIDTH),
        "embedding.feature": (TEXT_FEATURES, WIDTH),
        "embedding.video": (CODES + 1, WIDTH),
    }
    for i in range(DEPTH):
        shapes |= {
            f"block.{i}.attention.norm": (WIDTH,),
            f"block.{i}.attention.qkv": (WIDTH, 3 * WIDTH),
            f"block.{i}.attention.queryNorm": (WIDTH // HEADS,),
            f"block.{i}.attention.keyNorm": (WIDTH // HEADS,),
            f"block.{i}.attention.out": (WIDTH, WIDTH),
            f"block.{i}.feedForward.norm": (WIDTH,),
            f"block.{i}.feedForward.gateUp": (WIDTH, 2 * INNER),
            f"block.{i}.feedForward.down": (INNER, WIDTH),
        }
    return shapes | {
        "norm": (WIDTH,),
        "head.video": (WIDTH, CODES),
        "head.text": (WIDTH, TEXT_VOCABULARY),
    }


def start_values():
    """Uniform in ±0.4 (gains: around 1) from the generator of Lehmer, which needs no more than whole numbers."""
    weights, state = {}, 42
    for name, shape in parameter_shapes().items():
        values = []
        for _ in range(math.prod(shape)):
            state = state * 16807 % 2147483647
            values.append(0.4 * (2 * state / 2147483647 - 1) + (1 if len(shape) == 1 else 0))
        rounded = torch.tensor(values, dtype=torch.float32).to(torch.float64)
        weights[name] = rounded.reshape(shape).requires_grad_()
    return weights


def rms_norm(x, gain):
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * gain


def turn(x, positions):
    """x [B, heads, S, size] as complex numbers, multiplied by e^(i·angle). positions: (text, t, y, x) a token."""
    half = x.shape[-1] // 2
    quarter = half // 4
    pairs = [quarter, half - 3 * quarter, quarter, quarter]
    angles = torch.tensor([
        [place * 100 ** (-i / count) for place, count in zip(position, pairs) for i in range(count)]
        for position in positions
    ])
    turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([turned.real, turned.imag], -1)


def transformer(weights, x, positions, may_look):
    batch, length, _ = x.shape
    for i in range(DEPTH):
        w = lambda name: weights[f"block.{i}.{name}"]
        qkv = rms_norm(x, w("attention.norm")) @ w("attention.qkv")
        q, k, v = (part.reshape(batch, length, HEADS, -1).transpose(1, 2) for part in qkv.chunk(3, -1))
        q = turn(rms_norm(q, w("attention.queryNorm")), positions)
        k = turn(rms_norm(k, w("attention.keyNorm")), positions)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        seen = scores.masked_fill(~may_look, -torch.inf).softmax(-1) @ v
        x = x + seen.transpose(1, 2).reshape(batch, length, WIDTH) @ w("attention.out")
        gate, up = (rms_norm(x, w("feedForward.norm")) @ w("feedForward.gateUp")).chunk(2, -1)
        x = x + (F.silu(gate) * up) @ w("feedForward.down")
    return rms_norm(x, weights["norm"])


TASK_POSITION = (0, 0, 0, 0)
TEXT_POSITIONS = [(i + 1, 0, 0, 0) for i in range(TEXT_LENGTH)]
VIDEO_POSITIONS = [(0, 1 + t, y, x) for t in range(T) for y in range(H) for x in range(W)]
CONDITION_POSITIONS = [(0, T + 1, y, x) for y in range(H) for x in range(W)]


def clip_loss(weights, order, batch, conditioned):
    """[task][feature][text], the picture at which the clip arrives where it is given, and the frames."""
    text, tokens = torch.tensor(batch["text"]), torch.tensor(batch["tokens"])
    tasks = torch.tensor(batch["task"]) if conditioned else torch.full((BATCH,), GENERATE)
    feature = torch.tensor(batch["feature"], dtype=torch.float64) @ weights["embedding.feature"]
    given = [weights["embedding.task"][tasks][:, None], feature[:, None], weights["embedding.text"][text]]
    given_positions = [TASK_POSITION, TASK_POSITION, *TEXT_POSITIONS]
    words = len(given_positions)
    if conditioned:
        given.append(weights["embedding.video"][torch.tensor(batch["condition"])])
        given_positions += CONDITION_POSITIONS
    head = len(given_positions)
    if order == "raster":
        x = torch.cat([*given, weights["embedding.video"][tokens[:, :-1]]], 1)
        positions = [*given_positions, *VIDEO_POSITIONS[:-1]]
        may_look = torch.ones(len(positions), len(positions)).tril().bool()
        may_look[words:head, words:head] = True
        logits = transformer(weights, x, positions, may_look)[:, head - 1 :] @ weights["head.video"]
        return F.cross_entropy(logits.reshape(-1, CODES), tokens.reshape(-1))
    # All frames clean, then all frames masked; who may look at whom is written down token by token.
    masked, share = torch.tensor(batch["masked"]), torch.tensor(batch["weights"], dtype=torch.float64)
    x = torch.cat([*given, weights["embedding.video"][tokens], weights["embedding.video"][masked]], 1)
    positions = [*given_positions, *VIDEO_POSITIONS, *VIDEO_POSITIONS]

    def place(s):
        if s < head:
            return "given", min(s, words)
        return ("clean" if s < head + VIDEO else "masked"), (s - head) % VIDEO // FRAME

    def looks(query, key):
        (kind, t), (kind_of_key, t_of_key) = place(query), place(key)
        if kind == "given":
            return kind_of_key == "given" and t_of_key <= t
        if kind_of_key == "given":
            return True
        if kind == "clean":
            return kind_of_key == "clean" and t_of_key <= t
        return t_of_key < t if kind_of_key == "clean" else t_of_key == t

    may_look = torch.tensor([[looks(q, k) for k in range(len(positions))] for q in range(len(positions))])
    logits = transformer(weights, x, positions, may_look)[:, head + VIDEO :] @ weights["head.video"]
    nats = F.cross_entropy(logits.reshape(-1, CODES), tokens.reshape(-1), reduction="none")
    return (nats * share.reshape(-1)).sum() / (BATCH * VIDEO)


def caption_loss(weights, order, batch):
    text, tokens = torch.tensor(batch["text"]), torch.tensor(batch["tokens"])
    read = torch.cat([torch.full((BATCH, 1), START), text[:, :-1]], 1)
    task = weights["embedding.task"][CAPTION].expand(BATCH, 1, WIDTH)
    x = torch.cat([task, weights["embedding.video"][tokens], weights["embedding.text"][read]], 1)
    positions = [TASK_POSITION, *VIDEO_POSITIONS, *TEXT_POSITIONS]
    may_look = torch.ones(len(positions), len(positions)).tril().bool()
    if order == "frame":
        for t in range(T):
            frame = slice(1 + t * FRAME, 1 + (t + 1) * FRAME)
            may_look[frame, frame] = True
    logits = transformer(weights, x, positions, may_look)[:, 1 + VIDEO :] @ weights["head.text"]
    return F.cross_entropy(logits.reshape(-1, TEXT_VOCABULARY), text.reshape(-1), ignore_index=PAD)


def make_batch(order, dice):
    text = []
    for _ in range(BATCH):
        words = [dice.randrange(4, TEXT_VOCABULARY) for _ in range(dice.randrange(1, TEXT_LENGTH))]
        text.append((words + [END] + [PAD] * TEXT_LENGTH)[:TEXT_LENGTH])
    draw = lambda count: [[dice.randrange(CODES) for _ in range(count)] for _ in range(BATCH)]
    # The last clip has no feature.
    feature = [[dice.uniform(-1, 1) * (row + 1 < BATCH) for _ in range(TEXT_FEATURES)] for row in range(BATCH)]
    batch = {
        "text": text, "tokens": draw(VIDEO), "condition": draw(FRAME), "feature": feature,
        "task": [dice.choice([INBETWEEN, LOOP]) for _ in range(BATCH)],
    }
    if order == "frame":
        batch |= {"masked": [list(row) for row in batch["tokens"]], "weights": [[0.0] * VIDEO for _ in range(BATCH)]}
        for row in range(BATCH):
            for t in range(T):
                hidden = dice.sample(range(FRAME), dice.randrange(1, FRAME + 1))
                for i in hidden:
                    batch["masked"][row][t * FRAME + i] = CODES
                    batch["weights"][row][t * FRAME + i] = FRAME / len(hidden)
    return batch


def rate(step):
    """Linear up to the peak at the last warm-up step, then a cosine that ends at finalRate · peak in the last step."""
    peak, warm = OPTIMIZER["learningRate"], round(OPTIMIZER["warmup"] * STEPS)
    if step < warm:
        return peak * (step + 1) / warm
    done = (step - warm) / (STEPS - 1 - warm)
    low = OPTIMIZER["finalRate"]
    return peak * (low + (1 - low) * 0.5 * (1 + math.cos(math.pi * done)))


def decays(name, weight):
    """Matrices and heads do; embeddings and gains do not."""
    return weight.dim() > 1 and not name.startswith("embedding.")


def trace(order):
    weights, dice = start_values(), random.Random(7)
    groups = [
        {"params": [w for name, w in weights.items() if decays(name, w)], "weight_decay": OPTIMIZER["weightDecay"]},
        {"params": [w for name, w in weights.items() if not decays(name, w)], "weight_decay": 0.0},
    ]
    betas = (OPTIMIZER["beta1"], OPTIMIZER["beta2"])
    adamw = torch.optim.AdamW(groups, lr=1.0, betas=betas, eps=OPTIMIZER["epsilon"])
    steps = []
    for step in range(STEPS):
        for group in adamw.param_groups:
            group["lr"] = rate(step)
        batch = make_batch(order, dice)
        losses = {
            "generate": clip_loss(weights, order, batch, conditioned=False),
            "caption": caption_loss(weights, order, batch),
            "conditioned": clip_loss(weights, order, batch, conditioned=True),
        }
        adamw.zero_grad()
        (sum(losses.values()) / len(losses)).backward()
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), OPTIMIZER["clipNorm"])
        adamw.step()
        steps.append({"batch": batch, "norm": norm.item()} | {name: loss.item() for name, loss in losses.items()})
    checksums = {}
    for name, w in weights.items():
        flat = w.detach().flatten()
        pattern = torch.arange(flat.numel()) % 7 - 3
        checksums[name] = [flat.norm().item(), (flat * pattern).sum().item()]
    return {"steps": steps, "checksums": checksums}


def main():
    result = {
        "shape": dict(
            width=WIDTH, heads=HEADS, depth=DEPTH, innerWidth=INNER, textLength=TEXT_LENGTH,
            textVocabulary=TEXT_VOCABULARY, textFeatures=TEXT_FEATURES, codes=CODES, grid=dict(T=T, H=H, W=W),
            frameTokens=FRAME, videoTokens=VIDEO,
        ),
        "optimizer": OPTIMIZER,
        "frame": trace("frame"),
        "raster": trace("raster"),
    }
    path = pathlib.Path(__file__).with_name("gpt-trace.json")
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    for order in ("frame", "raster"):
        print(order, [round(step["generate"], 4) for step in result[order]["steps"]])


main()
