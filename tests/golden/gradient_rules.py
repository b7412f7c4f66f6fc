"""Writes gradient-rules.json: what PyTorch computes, in double precision, for each operator that has a gradient rule.

A case is named "Operator" or "Operator: variant", after the ONNX operator. tests/runtime/ml-core/golden-rules.ts builds the
same with our operators. Run with PyTorch installed: python tests/golden/gradient_rules.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def flat(tensor, digits):
    return {
        "shape": list(tensor.shape),
        "values": [float(f"{x:.{digits}g}") for x in tensor.detach().flatten().tolist()],
    }


def case(function, *shapes, draw=torch.randn):
    """Inputs, the result, and the gradients of the sum of the result times fixed factors."""
    inputs = [(draw(shape) * 1000).round() / 1000 for shape in shapes]
    for x in inputs:
        x.requires_grad_()
    result = function(*inputs)
    factors = ((torch.rand(result.shape) + 0.5) * 1000).round() / 1000
    gradients = torch.autograd.grad((result * factors).sum(), inputs)
    return {
        "inputs": [flat(x, 6) for x in inputs],
        "factors": flat(factors, 6),
        "result": flat(result, 8),
        "gradients": [flat(x, 8) for x in gradients],
    }


def positive(shape):
    return torch.rand(shape) + 0.5


def rotary(x):
    """Angles of position times 100^(-i/2), pairs of element i and i + 2."""
    angles = torch.arange(3)[:, None] * 100.0 ** (-torch.arange(2) / 2)
    a, b = x[..., :2], x[..., 2:]
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], dim=-1)


def scatter(function):
    indices = torch.tensor([[2, 0], [1, 3], [3, 2]])
    return lambda x, updates: function(x, 1, indices, updates)


def causal(x, w, b):
    """Time is padded before only."""
    return F.conv3d(F.pad(x, (1, 1, 1, 1, 2, 0)), w, b)


def causal_repeated(x, w):
    return F.conv3d(F.pad(x, (1, 1, 0, 0, 2, 0), mode="replicate")[..., 1:-1], w, padding=(0, 1, 1))


square = (3, 4)
cases = {
    "Add": case(torch.add, (2, 1, 3), (4, 1)),
    "Sub": case(torch.sub, (3,), (2, 3)),
    "Mul": case(torch.mul, (2, 3), (1, 3)),
    "Div": case(torch.div, (2, 3), (2, 1), draw=positive),
    "Pow": case(torch.pow, (2, 3), (3,), draw=positive),
    "Max": case(torch.maximum, square, (4,)),
    "Min": case(torch.minimum, square, (3, 1)),
    "Neg": case(torch.neg, square),
    "Abs": case(torch.abs, square),
    "Sqrt": case(torch.sqrt, square, draw=positive),
    "Reciprocal": case(torch.reciprocal, square, draw=positive),
    "Exp": case(torch.exp, square),
    "Log": case(torch.log, square, draw=positive),
    "Sin": case(torch.sin, square),
    "Cos": case(torch.cos, square),
    "Erf": case(torch.erf, square),
    "Clip": case(lambda x: x.clamp(-0.5, 1), square),
    "Where": case(lambda a, b: torch.where(a < b, 3 * a, b), square, (4,)),
    "Identity": case(lambda x: x * x.detach(), square),
    "Floor": case(lambda x: x + x.floor(), square),
    "Sign": case(lambda x: x + x.sign(), square),
    "Relu": case(F.relu, square),
    "Tanh": case(torch.tanh, square),
    "Sigmoid": case(torch.sigmoid, square),
    "Softplus": case(F.softplus, square),
    "LeakyRelu": case(lambda x: F.leaky_relu(x, 0.2), square),
    "Elu": case(lambda x: F.elu(x, 0.7), square),
    "Gelu": case(F.gelu, square),
    "FastGelu": case(lambda x: F.gelu(x, approximate="tanh"), square),
    "QuickGelu": case(F.silu, square),
    "QuickGelu: gate": case(lambda x, u: F.silu(x) * u, square, square),
    "MatMul": case(torch.matmul, (2, 1, 3, 4), (3, 4, 2)),
    "FusedMatMul: transA": case(lambda a, b: 0.5 * a.mT @ b, (2, 4, 3), (4, 2)),
    "FusedMatMul: transB": case(lambda a, b: 0.5 * a @ b.mT, (3, 4), (2, 2, 4)),
    "FusedMatMul: both": case(lambda a, b: 0.5 * a.mT @ b.mT, (2, 4, 3), (2, 2, 4)),
    "RotaryEmbedding": case(rotary, (1, 2, 3, 4)),
    "Conv: 1D, causal, dilated": case(lambda x, w: F.conv1d(F.pad(x, (4, 0)), w, dilation=2), (2, 2, 6), (3, 2, 3)),
    "Conv: 2D": case(lambda x, w, b: F.conv2d(x, w, b, padding=1), (2, 3, 5, 4), (2, 3, 3, 3), (2,)),
    "Conv: 2D, strides": case(lambda x, w: F.conv2d(x, w, stride=2, padding=1), (1, 2, 6, 5), (2, 2, 3, 3)),
    "Conv: 2D, groups": case(lambda x, w: F.conv2d(x, w, groups=2), (1, 4, 4, 3), (4, 2, 2, 2)),
    "Conv: 3D, causal": case(causal, (1, 2, 3, 3, 3), (2, 2, 3, 3, 3), (2,)),
    "Conv: 3D, strides": case(
        lambda x, w: F.conv3d(x, w, stride=(2, 2, 1), padding=1, dilation=(1, 1, 2)), (1, 2, 3, 4, 5), (2, 2, 3, 3, 2)
    ),
    "ConvTranspose: 1D": case(lambda x, w: F.conv_transpose1d(x, w, stride=2), (2, 2, 4), (2, 3, 3)),
    "ConvTranspose: 2D": case(
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1), (2, 3, 3, 2), (3, 2, 4, 4), (2,)
    ),
    "ConvTranspose: 2D, groups": case(
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1, groups=2), (1, 4, 2, 3), (4, 1, 3, 3)
    ),
    # These two become convolutions.
    "Conv: 2D, transposed, unit strides": case(
        lambda x, w: F.conv_transpose2d(x, w, padding=1, dilation=(1, 2)), (1, 2, 4, 3), (2, 3, 3, 2)
    ),
    "Conv: 3D, transposed": case(
        lambda x, w, b: F.conv_transpose3d(x, w, b, stride=(1, 2, 2), padding=(1, 1, 0), output_padding=(0, 1, 0)),
        (1, 2, 2, 3, 2), (2, 2, 3, 3, 2), (2,),
    ),
    "Conv: causal layer, first frame repeated": case(causal_repeated, (1, 2, 3, 3, 3), (2, 2, 3, 3, 3)),
    "ReduceMean: group norm": case(lambda x, g, b: F.group_norm(x, 2, g, b), (2, 4, 2, 3), (4,), (4,)),
    "ReduceSum": case(lambda x: x.sum(dim=(0, 2), keepdim=True), (2, 3, 4)),
    "ReduceMean": case(lambda x: x.mean(dim=1), (2, 3, 4)),
    "ReduceMax": case(lambda x: x.amax(dim=(0, 2)), (2, 3, 4)),
    "ReduceMin": case(lambda x: x.amin(dim=1, keepdim=True), (2, 3, 4)),
    "ReduceSumSquare": case(lambda x: (x * x).sum(), (2, 3)),
    "ReduceL1": case(lambda x: x.norm(1, dim=(0, 1)), (2, 3, 4)),
    "ReduceL2": case(lambda x: x.norm(2, dim=2), (2, 3, 4)),
    "ReduceLogSumExp": case(lambda x: x.logsumexp(dim=(1, 2)), (2, 3, 4)),
    "Softmax": case(lambda x: F.softmax(x, dim=-1), (2, 3, 4)),
    "Softmax: middle axis": case(lambda x: F.softmax(x, dim=1), (2, 3, 4)),
    "LogSoftmax": case(lambda x: F.log_softmax(x, dim=-1), (2, 3, 4)),
    "LogSoftmax: first axis": case(lambda x: F.log_softmax(x, dim=0), (3, 4)),
    "CumSum": case(lambda x: x.cumsum(dim=0), square),
    "CumSum: reverse": case(lambda x: x.flip(1).cumsum(dim=1).flip(1), square),
    "SimplifiedLayerNormalization": case(lambda x, g: F.rms_norm(x, (5,), g, eps=1e-6), (2, 3, 5), (5,)),
    "LayerNormalization": case(lambda x, g, b: F.layer_norm(x, (5,), g, b), (2, 3, 5), (5,), (5,)),
    "Reshape": case(lambda x: x.reshape(6, 2) ** 2, square),
    "Expand": case(lambda x: x.expand(2, 3, 4), (3, 1)),
    "Transpose": case(lambda x: x.permute(2, 0, 1), (2, 3, 4)),
    "Slice": case(lambda x: x[:, 1:3], square),
    "Slice: steps": case(lambda x: x[1::2, ::3], (5, 7)),
    "Slice: backwards": case(lambda x: x.flip(0)[::2], (6, 2)),
    "Pad": case(lambda x: F.pad(x, (1, 2, 0, 1)), square),
    "Slice: pad, reflected": case(lambda x: F.pad(x, (2, 1), mode="reflect"), (2, 3, 4)),
    "Slice: pad, repeated": case(lambda x: F.pad(x, (2, 1), mode="replicate"), (2, 3, 4)),
    "Concat": case(lambda a, b: torch.cat([a, b, a], dim=1), (2, 3), (2, 1)),
    "Expand: tile": case(lambda x: x.repeat(2, 3), (2, 2)),
    "Split": case(lambda x: x.split([1, 3, 1], dim=1)[1] ** 2, (2, 5)),
    "Resize": case(lambda x: F.interpolate(x, scale_factor=(2, 3), mode="nearest"), (1, 2, 2, 3)),
    "Resize: 3D": case(lambda x: F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest"), (1, 2, 2, 2, 3)),
    "AveragePool": case(lambda x: F.avg_pool2d(x, (2, 3)), (1, 2, 4, 3)),
    "AveragePool: 3D": case(lambda x: F.avg_pool3d(x, (1, 2, 2)), (1, 2, 2, 2, 4)),
    "Transpose: channels to space": case(
        lambda x: x.view(1, 2, 3, 2, 2, 2).permute(0, 3, 4, 1, 5, 2).reshape(1, 2, 4, 6), (1, 12, 2, 2)
    ),
    "Transpose: space to channels": case(
        lambda x: x.view(1, 2, 2, 2, 2, 3).permute(0, 3, 5, 1, 2, 4).reshape(1, 12, 2, 2), (1, 2, 4, 6)
    ),
    "Gather": case(lambda x: x[torch.tensor([[2, 0], [2, 1]])], square),
    "Gather: last axis": case(lambda x: x[..., torch.tensor([3, 0, 3])], (2, 3, 4)),
    "GatherElements": case(lambda x: x.gather(1, torch.tensor([[1], [0], [3]])), square),
    "GatherElements: several": case(lambda x: x.gather(1, torch.tensor([[1, 1, 2], [0, 3, 3]])), square),
    "GatherElements: first axis": case(lambda x: x.gather(0, torch.tensor([[2, 2, 0, 1]])), square),
    "ScatterElements": case(scatter(torch.scatter), square, (3, 2)),
    "ScatterElements: add": case(
        lambda x, u: x.scatter_add(0, torch.tensor([[0, 2, 2, 1], [0, 2, 0, 1]]), u), square, (2, 4)
    ),
}

version = torch.__version__.split("+")[0]
# One case a line.
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(content, separators=(',', ':'))}" for name, content in cases.items())
path = pathlib.Path(__file__).with_name("gradient-rules.json")
path.write_text(f'{{"torch": {json.dumps(version)}, "cases": {{\n{lines}\n}}}}\n')
