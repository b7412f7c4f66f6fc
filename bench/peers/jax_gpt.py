"""The GPT of src/main/ml/gpt in JAX, with the loss of the task `generate` in either order."""

import jax
import jax.numpy as jnp
import numpy as np

from jax_layers import attend, block, rms_norm
from layout import GptLayout


def gpt_loss(shape, attention):
    """loss(weights, batch) → nats a token."""
    layout = GptLayout(shape)
    cos, sin = (table[:, None] for table in layout.tables(layout.positions))
    may_look = layout.may_look()
    frames, video = layout.frames, layout.video
    ends = np.cumsum(layout.pieces())

    def attend_densely(q, k, v):
        return attend(q, k, v, may_look[layout.length - q.shape[1] :])

    def attend_in_two(q, k, v):
        """Clean queries see clean keys only; masked ones see those and their own frame, in one softmax."""
        end = layout.clean_end
        clean_q, masked_q = jnp.split(q, [q.shape[1] - video], 1)
        (clean_k, masked_k), (clean_v, masked_v) = (jnp.split(x, [end], 1) for x in (k, v))
        by_frame = lambda x: x.reshape(len(x), frames, -1, *x.shape[2:])
        in_line = lambda x: x.reshape(*x.shape[:2], video, -1)
        past = jnp.einsum("bqhk,bshk->bhqs", masked_q, clean_k)
        own = in_line(jnp.einsum("bfqhk,bfshk->bhfqs", by_frame(masked_q), by_frame(masked_k)))
        past = jnp.where(may_look[end:, :end], past, -1e9)
        shares = jax.nn.softmax(jnp.concatenate((past, own), -1) * q.shape[-1] ** -0.5, -1)
        past, own = jnp.split(shares, [end], -1)
        own = own.reshape(*own.shape[:2], frames, layout.frame, -1)
        seen = jnp.einsum("bhqs,bshk->bqhk", past, clean_v)
        seen = seen + jnp.einsum("bhfqs,bfshk->bfqhk", own, by_frame(masked_v)).reshape(seen.shape)
        if clean_q.shape[1] == 0:
            return seen
        return jnp.concatenate((attend(clean_q, clean_k, clean_v, may_look[:end, :end]), seen), 1)

    def attend_by_frame(q, k, v):
        """Frame by frame, with exactly the keys that it may see."""
        keys, values = jnp.split(k, ends[:-1], 1), jnp.split(v, ends[:-1], 1)
        is_last = q.shape[1] == video
        queries = jnp.split(q, frames, 1) if is_last else jnp.split(q, ends[:-1], 1)
        join = lambda parts: jnp.concatenate(parts, 1)
        seen = []
        if not is_last:
            seen.append(attend(queries[0], keys[0], values[0], may_look[: layout.prefix, : layout.prefix]))
            for t in range(1, frames):
                seen.append(attend(queries[t], join(keys[: t + 1]), join(values[: t + 1])))
        for t, query in enumerate(queries[-frames:]):
            its = lambda of: join([*of[: t + 1], of[frames + t]])
            seen.append(attend(query, its(keys), its(values)))
        return join(seen)

    ways = {"dense": attend_densely, "split": attend_in_two, "frames": attend_by_frame}
    chosen = ways[attention] if layout.is_frame else attend_densely

    def loss(weights, batch):
        tokens = batch["tokens"]
        given = tokens[:, : layout.clean]
        seen = jnp.concatenate((given, batch["masked"]), 1) if layout.is_frame else given
        task = jnp.broadcast_to(weights["embedding.task"][0], (len(tokens), 1, shape["width"]))
        x = jnp.concatenate(
            (task, weights["embedding.text"][batch["text"]], weights["embedding.video"][seen]), 1
        )
        for i in range(shape["depth"]):
            skip = layout.length - video if i == shape["depth"] - 1 else 0
            x = block(weights, f"block.{i}", x, shape["heads"], cos, sin, chosen, skip)
        logits = rms_norm(x, weights["norm"]) @ weights["head.video"]
        logs = jax.nn.log_softmax(logits, -1)
        nats = -jnp.take_along_axis(logs, tokens[..., None], -1)[..., 0]
        if layout.is_frame:
            nats = nats * batch["weights"]
        return nats.sum() / tokens.size

    return loss
