"""Trains a model in JAX on the CPU: one compiled step over donated buffers, with optax."""

import jax
import jax.numpy as jnp
import optax

from jax_gpt import gpt_loss
from jax_tokenizer import tokenizer_loss


class JaxTrainer:
    def __init__(self, task, attention="frames"):
        jax.config.update("jax_platforms", "cpu")
        self.task = task
        loss = {"gpt": gpt_loss, "tokenizer": tokenizer_loss}[task.kind](task.shape, attention)
        o = task.optimizer
        rates = jnp.asarray(task.rates, jnp.float32)
        optimizer = optax.chain(
            optax.clip_by_global_norm(o["clipNorm"]),
            optax.adamw(
                lambda step: rates[jnp.minimum(step, len(rates) - 1)],
                b1=o["beta1"],
                b2=o["beta2"],
                eps=o["epsilon"],
                weight_decay=o["weightDecay"],
                mask=lambda tree: {
                    name: value.ndim > 1 and not name.startswith("embedding") for name, value in tree.items()
                },
            ),
        )
        self.weights = {name: jnp.array(values) for name, values in task.weights.items()}
        self.state = optimizer.init(self.weights)
        self.batches = [
            {name: jnp.array(values) for name, values in batch.items()} for batch in task.batches
        ]
        self.gradients = None

        def gradient(weights, batch):
            return jax.value_and_grad(loss)(weights, batch)

        def update(weights, state, gradients):
            changes, state = optimizer.update(gradients, state, weights)
            return optax.apply_updates(weights, changes), state, optax.global_norm(gradients)

        def step(weights, state, batch):
            value, gradients = gradient(weights, batch)
            weights, state, norm = update(weights, state, gradients)
            return weights, state, value, norm

        self.run_step = jax.jit(step, donate_argnums=(0, 1))
        self.run_gradient = jax.jit(gradient)
        self.run_update = jax.jit(update, donate_argnums=(0, 1))

    def batch(self, step):
        return self.batches[self.task.batch_index(step)]

    def step(self, step):
        self.weights, self.state, loss, norm = self.run_step(self.weights, self.state, self.batch(step))
        jax.block_until_ready(self.weights)
        return float(loss), float(norm)

    def gradient(self, step):
        loss, self.gradients = jax.block_until_ready(self.run_gradient(self.weights, self.batch(step)))
        return loss

    def update(self, step):
        results = self.run_update(self.weights, self.state, self.gradients)
        self.weights, self.state, norm = jax.block_until_ready(results)
        return norm
