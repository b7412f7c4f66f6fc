"""Reference values of the evaluation's measures, worked out by numpy: python tests/golden/eval_measures.py"""

import json
from pathlib import Path

import numpy as np

T, H, W, CELLS = 9, 10, 20, 8


def clip(seed: int, speed: int) -> np.ndarray:
    """[T, H, W, 3]: waves that move, computed in integers so that any language draws the same."""
    t, y, x, c = np.meshgrid(*(np.arange(n) for n in (T, H, W, 3)), indexing="ij")
    phase = (x * 13 + y * 7 + c * 31 + t * speed * 9 + seed * 17 + (t * t * x) % 11) % 256
    return np.where(phase < 128, phase, 255 - phase).astype(np.uint8) * 2


def luma(frames: np.ndarray) -> np.ndarray:
    return frames.astype(np.float64) @ np.array([0.299, 0.587, 0.114])


def cell_means(values: np.ndarray) -> np.ndarray:
    """[..., H, W] → [..., cells, cells]: cell of a pixel is floor(place * cells / side)."""
    rows, columns = (np.arange(n) * CELLS // n for n in (H, W))
    out = np.zeros((*values.shape[:-2], CELLS, CELLS))
    for i in range(CELLS):
        for j in range(CELLS):
            out[..., i, j] = values[..., rows == i, :][..., columns == j].mean(axis=(-2, -1))
    return out


def motion(frames: np.ndarray) -> np.ndarray:
    return cell_means(np.abs(np.diff(luma(frames), axis=0)) / 255).ravel()


def wasserstein(a: np.ndarray, b: np.ndarray) -> float:
    """By quantiles: both samples are repeated to a common size, sorted, and compared place by place."""
    size = np.lcm(len(a), len(b))
    return float(np.abs(np.sort(np.repeat(a, size // len(a))) - np.sort(np.repeat(b, size // len(b)))).mean())


def spectrum(clips: list[np.ndarray]) -> np.ndarray:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(T) + 0.5) / T)
    powers = []
    for frames in clips:
        x = cell_means(luma(frames)).reshape(T, -1) / 255
        x = (x - x.mean(axis=0)) * window[:, None]
        powers.append((np.abs(np.fft.rfft(x, axis=0)[1:]) ** 2 / (window**2).sum()).mean(axis=1))
    return np.mean(powers, axis=0)


def log_spectral_distance(a: np.ndarray, b: np.ndarray) -> float:
    floor = (1 / 255) ** 2 / 12
    return float(np.sqrt(np.mean((10 * np.log10((a + floor) / (b + floor))) ** 2)))


def temporal_psnr(original: np.ndarray, copy: np.ndarray) -> float:
    error = np.diff(copy.astype(np.float64), axis=0) - np.diff(original.astype(np.float64), axis=0)
    return float(-10 * np.log10((error**2).mean() / 255**2))


def signature_distance(a: np.ndarray, b: np.ndarray) -> float:
    cells = [np.floor(cell_means(np.moveaxis(clip.astype(np.float64), -1, 1)) + 0.5) for clip in (a, b)]
    return float(np.sqrt(((cells[0] - cells[1]) ** 2).mean()) / 255)


slow, fast, other = clip(1, 1), clip(1, 4), clip(5, 2)
golden = {
    "checksum": int(slow.astype(int).sum() + 2 * fast.astype(int).sum() + 3 * other.astype(int).sum()),
    "motion": {"mean": float(motion(slow).mean()), "last": float(motion(slow)[-1])},
    "wasserstein": {
        "equalSizes": wasserstein(motion(slow), motion(fast)),
        "otherSizes": wasserstein(motion(slow)[:90], np.concatenate([motion(fast), motion(other)])[:150]),
    },
    "spectrum": {"slow": spectrum([slow]).tolist(), "both": spectrum([fast, other]).tolist()},
    "logSpectralDistance": log_spectral_distance(spectrum([slow]), spectrum([fast, other])),
    "temporalPsnr": temporal_psnr(slow, fast),
    "signatureDistance": signature_distance(slow, other),
}
path = Path(__file__).with_name("eval-measures.json")
path.write_text(json.dumps(golden, indent=2) + "\n")
