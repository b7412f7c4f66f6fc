"""A peer that trains as the driver tells it: python bench/peers/peer.py FOLDER (eager | compile | jax | eager-onednn | compile-onednn) [attention] [mode]"""

import sys
import time

START = time.perf_counter()

from exchange import TrainingTask, answer, milliseconds_since, peak_megabytes  # noqa: E402


def make_trainer(kind, task, attention, mode):
    if kind == "jax":
        from jax_trainer import JaxTrainer

        return JaxTrainer(task, attention)
    from torch_trainer import TorchTrainer

    compile_mode = mode if kind.startswith("compile") else None
    return TorchTrainer(task, compile_mode, attention, onednn=kind.endswith("-onednn"))


def versions(kind):
    if kind == "jax":
        import jax
        import jaxlib
        import optax

        return {"jax": jax.__version__, "jaxlib": jaxlib.__version__, "optax": optax.__version__}
    import torch

    return {"torch": torch.__version__}


class Peer:
    """Counts the steps: each has the next batch and the next learning rate."""

    def __init__(self, trainer):
        self.trainer = trainer
        self.done = 0

    def trace(self, count):
        """Steps with their losses and gradient norms."""
        pairs = [self.next() for _ in range(count)]
        return {"losses": [loss for loss, _ in pairs], "norms": [norm for _, norm in pairs]}

    def steps(self, count):
        """Times whole steps, in milliseconds."""
        times = []
        for _ in range(count):
            start = time.perf_counter()
            self.next()
            times.append(milliseconds_since(start))
        return {"stepMs": times, "peakMb": peak_megabytes()}

    def parts(self, count):
        """Times the gradient and the update of a step apart."""
        gradient, update = [], []
        for _ in range(count):
            start = time.perf_counter()
            float(self.trainer.gradient(self.done))
            gradient.append(milliseconds_since(start))
            start = time.perf_counter()
            float(self.trainer.update(self.done))
            update.append(milliseconds_since(start))
            self.done += 1
        return {"gradientMs": gradient, "updateMs": update}

    def next(self):
        result = self.trainer.step(self.done)
        self.done += 1
        return result


def main():
    folder, kind, attention, mode = (*sys.argv[1:], *["frames", "default"][len(sys.argv) - 3 :])
    task = TrainingTask(folder)
    found = versions(kind)
    import_ms = milliseconds_since(START)
    start = time.perf_counter()
    peer = Peer(make_trainer(kind, task, attention, mode))
    build_ms = milliseconds_since(start)
    answer(
        {"trace": peer.trace, "steps": peer.steps, "parts": peer.parts},
        importMs=import_ms,
        buildMs=build_ms,
        versions=found,
        peakMb=peak_megabytes(),
    )


main()
