"""Layers that GPT and tokenizer share, as functions of arrays in JAX. Matrices are [in, out]."""

import jax
import jax.numpy as jnp


def rms_norm(x, gain, epsilon=1e-6):
    return x * jax.lax.rsqrt(jnp.mean(jnp.square(x), -1, keepdims=True) + epsilon) * gain


def turn(x, cos, sin):
    """Rotary positions: x [B, S, H, K], tables [S, 1, K/2]."""
    a, b = jnp.split(x, 2, -1)
    return jnp.concatenate((a * cos - b * sin, b * cos + a * sin), -1)


def attend(q, k, v, may_look=None):
    """[B, S, H, K]; `may_look` [S, keys]."""
    scores = jnp.einsum("bqhk,bshk->bhqs", q, k) * q.shape[-1] ** -0.5
    if may_look is not None:
        scores = jnp.where(may_look, scores, -1e9)
    return jnp.einsum("bhqs,bshk->bqhk", jax.nn.softmax(scores, -1), v)


def block(weights, prefix, x, heads, cos, sin, attend, skip=0):
    """Pre-norm attention and SwiGLU. The first `skip` tokens give keys and values only and go no further."""
    weight = lambda name: weights[f"{prefix}.{name}"]
    batch, length, width = x.shape
    qkv = rms_norm(x, weight("attention.norm")) @ weight("attention.qkv")
    q, k, v = jnp.moveaxis(qkv.reshape(batch, length, 3, heads, -1), 2, 0)
    q, x = q[:, skip:], x[:, skip:]
    q = turn(rms_norm(q, weight("attention.queryNorm")), cos[skip:], sin[skip:])
    k = turn(rms_norm(k, weight("attention.keyNorm")), cos, sin)
    x = x + attend(q, k, v).reshape(batch, length - skip, width) @ weight("attention.out")
    gate, up = jnp.split(rms_norm(x, weight("feedForward.norm")) @ weight("feedForward.gateUp"), 2, -1)
    return x + (jax.nn.silu(gate) * up) @ weight("feedForward.down")
