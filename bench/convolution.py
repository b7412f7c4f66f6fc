"""Milliseconds of PyTorch for one convolution, forward and both gradients; bench/convolution.ts says which, as JSON."""

import json
import sys
import time

import torch
import torch.nn.functional as F

job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])
x = torch.randn(job["x"], requires_grad=True)
weight = torch.randn(job["weight"], requires_grad=True)
# PyTorch names the pads of the last axis first, and pads the same before and after unless told by F.pad.
pads = [amount for pair in reversed(job["pads"]) for amount in pair]
even = all(before == after for before, after in job["pads"])
convolve = {2: F.conv2d, 3: F.conv3d}[len(job["strides"])]
best = float("inf")
for _ in range(job["rounds"]):
    start = time.perf_counter()
    padded, padding = (x, [before for before, _ in job["pads"]]) if even else (F.pad(x, pads), 0)
    y = convolve(padded, weight, stride=job["strides"], padding=padding)
    torch.autograd.grad(y, [x, weight], torch.ones_like(y))
    best = min(best, 1000 * (time.perf_counter() - start))
print(best)
