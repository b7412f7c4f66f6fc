"""The tokenizer of src/main/ml/tokenizer in JAX, with its loss."""

import jax
import jax.numpy as jnp

from jax_layers import attend, block, rms_norm
from layout import FsqLayout, TokenizerLayout

ABSOLUTE_WEIGHT, TIP = 0.3, 1e-6


def tokenizer_loss(shape, attention):
    layout, fsq = TokenizerLayout(shape), FsqLayout(shape["levels"])
    cos, sin = layout.cos[:, None], layout.sin[:, None]
    may_look = layout.may_look()

    def attend_densely(q, k, v):
        return attend(q, k, v, may_look)

    def attend_by_frame(q, k, v):
        queries = jnp.split(q, layout.frames, 1)
        ends = [layout.frame * (t + 1) for t in range(layout.frames)]
        return jnp.concatenate([attend(q_t, k[:, :end], v[:, :end]) for q_t, end in zip(queries, ends)], 1)

    chosen = attend_by_frame if attention == "frames" else attend_densely

    def transformer(weights, half, x):
        for i in range(shape["depth"]):
            x = block(weights, f"{half}.block.{i}", x, shape["heads"], cos, sin, chosen)
        return rms_norm(x, weights[f"{half}.norm"])

    def quantize(z):
        bounded = jnp.tanh(z + fsq.shift) * fsq.half_range - fsq.offset
        rounded = bounded + jax.lax.stop_gradient(jnp.floor(bounded + 0.5) - bounded)
        return rounded / fsq.halves

    def loss(weights, batch):
        project = lambda x, name: x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]
        first, later = batch["first"], batch["later"]
        x = jnp.concatenate((project(first, "encoder.first"), project(later, "encoder.later")), 1)
        codes = quantize(project(transformer(weights, "encoder", x), "encoder.latent"))
        x = transformer(weights, "decoder", project(codes, "decoder.latent"))
        differences = (
            project(x[:, : layout.frame], "decoder.first") - first,
            project(x[:, layout.frame :], "decoder.later") - later,
        )
        total = sum(
            (jnp.square(d) + ABSOLUTE_WEIGHT * jnp.sqrt(jnp.square(d) + TIP)).sum() for d in differences
        )
        return total / sum(d.size for d in differences)

    return loss
