"""A peer that samples clips as the driver tells it: python bench/peers/sampling_peer.py FOLDER (eager | compile)"""

import sys
import time

import torch

from exchange import Task, answer, milliseconds_since, peak_megabytes
from torch_sampling import TorchSampler


def main():
    folder, kind = sys.argv[1:]
    sampler = TorchSampler(Task(folder), is_compiled=kind == "compile")

    def sample():
        start = time.perf_counter()
        frames, marks = [], []
        for frame in sampler.frames():
            frames.append(frame)
            marks.append(milliseconds_since(start))
        return {"firstMs": marks[0], "allMs": marks[-1], "tokens": sum(frames, []), "peakMb": peak_megabytes()}

    answer({"sample": sample}, versions={"torch": torch.__version__})


main()
