"""Writes optimizers.json: twelve updates by every optimizer and schedule, and of low-rank adapters, in double precision.

AdamW, Adam and SGD are PyTorch's. Lion, the running average and Newton-Schulz are written down here from their papers (PyTorch's
Muon iterates in bfloat16, which no trace can follow closely; the script checks that the two agree as far as that goes).
Run from the folder of this file, with PyTorch installed: python optimizers.py
"""

import json
import math

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
STEPS = 12
ROLES = {
    "wide": ("matrix", (3, 7)),
    "tall": ("matrix", (5, 2)),
    "table": ("embedding", (4, 3)),
    "scores": ("head", (3, 4)),
    "gain": ("vector", (3,)),
}
COMMON = dict(warmup=0.25, finalRate=0.1, decline=0.5, epsilon=1e-8, clipNorm=4, ema=0)
CASES = {
    "adamw": dict(kind="adamw", schedule="cosine", learningRate=0.05, beta1=0.9, beta2=0.95, weightDecay=0.1),
    "adam": dict(kind="adam", schedule="constant", learningRate=0.05, beta1=0.8, beta2=0.99, weightDecay=0.1),
    "sgd": dict(kind="sgd", schedule="wsd", learningRate=0.02, momentum=0.9, nesterov=False, weightDecay=0.1),
    "sgd with nesterov": dict(kind="sgd", schedule="cosine", learningRate=0.02, momentum=0.8, nesterov=True, weightDecay=0.1),
    "lion": dict(kind="lion", schedule="cosine", learningRate=0.01, beta1=0.9, beta2=0.99, weightDecay=0.5),
    "muon": dict(kind="muon", schedule="wsd", learningRate=0.02, momentum=0.95, nesterov=True, beta1=0.9, beta2=0.95, weightDecay=0.1),
    "adamw, averaged, not clipped": dict(
        kind="adamw", schedule="cosine", learningRate=0.05, beta1=0.9, beta2=0.95, weightDecay=0.1, clipNorm=0, ema=0.6
    ),
    "muon, averaged": dict(
        kind="muon", schedule="constant", learningRate=0.02, momentum=0.9, nesterov=False, beta1=0.9, beta2=0.95, weightDecay=0.1, ema=0.5
    ),
}


def single(tensor):
    """As float32 holds it, for start values and gradients are given to our side as such."""
    return tensor.to(torch.float32).to(torch.float64)


start = {name: single(torch.randn(shape)) for name, (_, shape) in ROLES.items()}
# Gradients do not depend on the weights; some are large enough to be clipped.
gradients = [
    {name: single(torch.randn(shape) * (0.3 + step % 4)) for name, (_, shape) in ROLES.items()} for step in range(STEPS)
]


def rate(config, step):
    warm = round(config["warmup"] * STEPS)
    peak, low = config["learningRate"], config["finalRate"]
    if step < warm:
        return peak * (step + 1) / warm
    if config["schedule"] == "constant":
        return peak
    if config["schedule"] == "cosine":
        done = (step - warm) / (STEPS - 1 - warm)
        return peak * (low + (1 - low) * (1 + math.cos(math.pi * done)) / 2)
    decline = round(config["decline"] * STEPS)
    left = STEPS - 1 - step
    return peak if left >= decline else peak * (low + (1 - low) * left / decline)


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al. 2023, https://arxiv.org/abs/2302.06675."""

    def __init__(self, groups, betas):
        super().__init__(groups, dict(lr=0.0, weight_decay=0.0, betas=betas))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(beta1 * m + (1 - beta1) * p.grad) + group["weight_decay"] * p
                p -= group["lr"] * update
                self.state[p]["m"] = beta2 * m + (1 - beta2) * p.grad


def newton_schulz(g, dtype=torch.float64):
    """https://kellerjordan.github.io/posts/muon/"""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.to(dtype)
    transposed = x.shape[0] > x.shape[1]
    if transposed:
        x = x.T
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if transposed else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, groups, momentum, nesterov, dtype=torch.float64):
        super().__init__(groups, dict(lr=0.0, weight_decay=0.0))
        self.momentum, self.nesterov, self.dtype = momentum, nesterov, dtype

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - self.momentum)
                direction = p.grad.lerp(m, self.momentum) if self.nesterov else m
                scale = 0.2 * math.sqrt(max(p.shape))
                p *= 1 - group["lr"] * group["weight_decay"]
                p -= group["lr"] * scale * newton_schulz(direction, self.dtype)


def optimizers(config, weights):
    """The optimizers that share the parameters."""
    decay = lambda name: config["weightDecay"] if ROLES[name][0] in ("matrix", "head") else 0.0
    groups = lambda names: [{"params": [weights[n]], "weight_decay": decay(n)} for n in names]
    names = list(weights)
    matrices = [n for n in names if ROLES[n][0] == "matrix"]
    betas = (config.get("beta1"), config.get("beta2"))
    adamw = lambda names: torch.optim.AdamW(groups(names), lr=1.0, betas=betas, eps=config["epsilon"])
    kind = config["kind"]
    if kind == "adamw":
        return [adamw(names)]
    if kind == "adam":
        return [torch.optim.Adam(groups(names), lr=1.0, betas=betas, eps=config["epsilon"])]
    if kind == "sgd":
        return [torch.optim.SGD(groups(names), lr=1.0, momentum=config["momentum"], nesterov=config["nesterov"])]
    if kind == "lion":
        return [Lion(groups(names), betas)]
    others = [n for n in names if n not in matrices]
    return [Muon(groups(matrices), config["momentum"], config["nesterov"]), adamw(others)]


def rounded(tensors):
    return {name: [float(f"{x:.9g}") for x in tensor.flatten().tolist()] for name, tensor in tensors.items()}


def trace(config):
    weights = {name: value.clone().requires_grad_() for name, value in start.items()}
    average = {name: value.clone() for name, value in start.items()}
    steppers = optimizers(config, weights)
    steps = []
    for step in range(STEPS):
        for name, weight in weights.items():
            weight.grad = gradients[step][name].clone()
        limit = config["clipNorm"] or math.inf
        norm = torch.nn.utils.clip_grad_norm_(weights.values(), limit).item()
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = rate(config, step)
            stepper.step()
        with torch.no_grad():
            keep = min(config["ema"], (2 + step) / (11 + step))
            for name, weight in weights.items():
                average[name] = keep * average[name] + (1 - keep) * weight
        known = {"learningRate": rate(config, step), "norm": norm, "weights": rounded(weights)}
        steps.append(known | ({"average": rounded(average)} if config["ema"] else {}))
    return {"config": config, "steps": steps}


def check_muon():
    """Our Newton-Schulz in bfloat16 must give what PyTorch's Muon gives, up to the order of its roundings."""
    values = [torch.randn(24, 40), torch.randn(40, 24)]
    ours, theirs = ([v.clone().float().requires_grad_() for v in values] for _ in range(2))
    groups = [{"params": ours, "weight_decay": 0.1, "lr": 0.02}]
    pairs = Muon(groups, 0.95, True, torch.bfloat16), torch.optim.Muon(
        theirs, lr=0.02, weight_decay=0.1, momentum=0.95, nesterov=True, adjust_lr_fn="match_rms_adamw"
    )
    for _ in range(5):
        for a, b in zip(ours, theirs):
            a.grad = torch.randn(a.shape).float()
            b.grad = a.grad.clone()
        for optimizer in pairs:
            optimizer.step()
    for a, b, value in zip(ours, theirs, values):
        moved = (b - value.float()).norm()
        assert (a - b).norm() < 0.02 * moved, (a - b).norm() / moved


def lora():
    """Two fixed matrices and a head, of which the matrices get adapters of rank 2 (Hu et al. 2022), by AdamW without clipping."""
    rank, alpha, config = 2, 3.0, COMMON | CASES["adamw"] | dict(clipNorm=0)
    shapes = {"block.0.attention.qkv": (4, 6), "block.0.feedForward.down": (6, 3), "head": (3, 2)}
    fixed = {name: single(torch.randn(shape) / 2) for name, shape in shapes.items()}
    x, y = single(torch.randn(5, 4)), single(torch.randn(5, 2))
    adapters = {}
    for name in list(shapes)[:2]:
        rows, columns = shapes[name]
        adapters[name] = [single(torch.randn(rows, rank) / 2).requires_grad_(), torch.zeros(rank, columns, requires_grad=True)]
    merged = lambda name: fixed[name] + alpha / rank * adapters[name][0] @ adapters[name][1]
    start = {name: [p.flatten().tolist() for p in pair] for name, pair in adapters.items()}
    betas = (config["beta1"], config["beta2"])
    adamw = torch.optim.AdamW(
        [p for pair in adapters.values() for p in pair],
        lr=1.0, betas=betas, eps=config["epsilon"], weight_decay=config["weightDecay"],
    )
    steps = []
    for step in range(STEPS):
        adamw.zero_grad()
        h = torch.tanh(x @ merged("block.0.attention.qkv"))
        loss = ((h @ merged("block.0.feedForward.down") @ fixed["head"] - y) ** 2).mean()
        loss.backward()
        for group in adamw.param_groups:
            group["lr"] = rate(config, step)
        adamw.step()
        with torch.no_grad():
            steps.append({"loss": loss.item(), "merged": rounded({name: merged(name) for name in adapters})})
    return {
        "config": config, "rank": rank, "alpha": alpha, "start": start, "steps": steps,
        "fixed": {name: {"shape": shapes[name], "values": w.flatten().tolist()} for name, w in fixed.items()},
        "x": x.flatten().tolist(), "y": y.flatten().tolist(),
    }


if hasattr(torch.optim, "Muon"):
    check_muon()
golden = {
    "torch": torch.__version__.split("+")[0],
    "parameters": {
        name: {"role": role, "shape": shape, "start": start[name].flatten().tolist()} for name, (role, shape) in ROLES.items()
    },
    "gradients": [{name: tensor.flatten().tolist() for name, tensor in step.items()} for step in gradients],
    "cases": {name: trace(COMMON | config) for name, config in CASES.items()},
    "lora": lora(),
}
with open("optimizers.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
