"""What the driver hands over in a folder (task.json, weights and batches as safetensors), and the talk over stdin and stdout."""

import json
import pathlib
import resource
import sys
import time

import numpy as np

DTYPES = {"F32": np.float32, "I32": np.int32}


def read_safetensors(path):
    """Arrays by name; an 8-byte header length, a JSON header, raw little-endian data."""
    raw = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    arrays = {}
    for name, entry in json.loads(raw[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(raw[start + begin : start + end], DTYPES[entry["dtype"]])
        arrays[name] = values.reshape(entry["shape"]).copy()
    return arrays


class Task:
    """Model and weights: the same for every side."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.settings = json.loads((self.folder / "task.json").read_text())
        self.kind = self.settings["kind"]
        self.shape = self.settings["shape"]
        self.threads = self.settings["threads"]
        self.weights = read_safetensors(self.folder / "weights.safetensors")


class TrainingTask(Task):
    """Also batches, optimizer and learning rates."""

    def __init__(self, folder):
        super().__init__(folder)
        self.optimizer = self.settings["optimizer"]
        self.rates = self.settings["rates"]
        self.batches = [{} for _ in range(self.settings["batches"])]
        for name, values in read_safetensors(self.folder / "batches.safetensors").items():
            index, key = name.split("/")
            self.batches[int(index)][key] = values

    def rate(self, step):
        """Of the update `step`, counted from 0; the last rate stays."""
        return self.rates[min(step, len(self.rates) - 1)]

    def batch_index(self, step):
        return step % len(self.batches)


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def milliseconds_since(start):
    return (time.perf_counter() - start) * 1000


def answer(handlers, **ready):
    """Says `ready`, then answers a line of JSON with a line of JSON until stdin ends. `do` names the handler."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no answer

    def say(message):
        out.write(json.dumps(message) + "\n")
        out.flush()

    say({"ready": True, **ready})
    for line in sys.stdin:
        command = json.loads(line)
        do = command.pop("do")
        say(handlers[do](**command))
