"""Linear maps by oneDNN, which PyTorch carries, instead of MKL, its library for single-precision products.

On processors that are not Intel's, MKL stays with AVX2 kernels and reaches half of what oneDNN does there.
"""

import torch
from torch import nn


@torch.library.custom_op("reelwright_bench::product", mutates_args=())
def product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """x [..., in] by weight [out, in]; an operator of its own, since inductor wants constant weights for oneDNN's."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")


@product.register_fake
def _(x, weight):
    return x.new_empty((*x.shape[:-1], weight.shape[0]))


class _Linear(torch.autograd.Function):
    """x [..., in] by weight [out, in]."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(x, weight)
        return product(x, weight)

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        rows, columns = gradient.flatten(0, -2), x.flatten(0, -2)
        return product(gradient, weight.t()), product(rows.t(), columns.t())


class OneDnnLinear(nn.Linear):
    def forward(self, x):
        y = _Linear.apply(x, self.weight)
        return y if self.bias is None else y + self.bias


def use_onednn(model):
    for module in model.modules():
        if type(module) is nn.Linear:
            module.__class__ = OneDnnLinear
