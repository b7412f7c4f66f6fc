"""Trains a model in PyTorch, eagerly or compiled by inductor."""

import torch
from torch.nn.utils import clip_grad_norm_

from torch_gpt import Gpt
from torch_linear import use_onednn
from torch_tokenizer import Tokenizer


class TorchTrainer:
    def __init__(self, task, compile_mode=None, attention="frames", onednn=False):
        torch.set_num_threads(task.threads)
        self.task = task
        model = {"gpt": Gpt, "tokenizer": Tokenizer}[task.kind](task.shape, attention)
        model.load(task.weights)
        if onednn:
            use_onednn(model)
        self.parameters = list(model.parameters())
        self.loss = torch.compile(model, mode=compile_mode) if compile_mode else model
        wanted = {"text", "tokens", "masked", "weights", "first", "later"}
        self.batches = [
            {name: as_tensor(values) for name, values in batch.items() if name in wanted} for batch in task.batches
        ]
        o = task.optimizer
        decays = lambda name, p: p.dim() > 1 and not name.startswith("embed_")
        named = list(model.named_parameters())
        groups = [
            {"params": [p for name, p in named if decays(name, p)], "weight_decay": o["weightDecay"]},
            {"params": [p for name, p in named if not decays(name, p)], "weight_decay": 0.0},
        ]
        self.adamw = torch.optim.AdamW(
            groups, lr=1.0, betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], fused=True
        )
        # Weights that the loss does not touch (the head of the other task) decay as well.
        self.zeros = {}

    def gradient(self, step):
        self.adamw.zero_grad(set_to_none=True)
        loss = self.loss(**self.batches[self.task.batch_index(step)])
        loss.backward()
        return loss.detach()

    def update(self, step):
        for i, p in enumerate(self.parameters):
            if p.grad is None:
                p.grad = self.zeros.setdefault(i, torch.zeros_like(p))
        for group in self.adamw.param_groups:
            group["lr"] = self.task.rate(step)
        norm = clip_grad_norm_(self.parameters, self.task.optimizer["clipNorm"], foreach=True)
        self.adamw.step()
        return norm

    def step(self, step):
        loss = self.gradient(step)
        return loss.item(), self.update(step).item()


def as_tensor(values):
    tensor = torch.from_numpy(values)
    return tensor.long() if tensor.dtype == torch.int32 else tensor
