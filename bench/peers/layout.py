"""Where tokens stand and what they may look at, as numpy: shared by the peers in PyTorch and JAX."""

import numpy as np


def rotary_tables(positions, pairs, base=100.0):
    """Cosines and sines [S, K/2]; `pairs[c]` pairs of a head turn with coordinate c of `positions` [S, C]."""
    columns = [
        np.outer(positions[:, c], base ** (-np.arange(count) / count)) for c, count in enumerate(pairs)
    ]
    angles = np.concatenate(columns, 1)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def grid_positions(frames, height, width):
    """(t, y, x) in raster order, [frames·height·width, 3]."""
    return np.stack(np.meshgrid(range(frames), range(height), range(width), indexing="ij"), -1).reshape(-1, 3)


class GptLayout:
    """The training sequence of either order: `[task][text][clean frames but the last][masked frames]`, or `[task][text][tokens]`."""

    def __init__(self, shape):
        self.is_frame = shape["order"] == "frame"
        self.frame, self.video = shape["frameTokens"], shape["videoTokens"]
        self.frames = shape["grid"]["T"]
        self.prefix = 1 + shape["textLength"]
        # In frame order, nothing looks at the last clean frame; in raster order, the last token is only predicted.
        self.clean = self.video - self.frame if self.is_frame else self.video - 1
        self.clean_end = self.prefix + self.clean
        self.length = self.clean_end + (self.video if self.is_frame else 0)
        self.half_head = shape["width"] // shape["heads"] // 2

        text = np.zeros((self.prefix, 4))
        text[:, 0] = range(self.prefix)
        video = np.zeros((self.video, 4))
        video[:, 1:] = grid_positions(*(shape["grid"][axis] for axis in "THW"))
        video[:, 1] += 1
        self.video_positions, self.prefix_positions = video, text
        parts = [text, video[: self.clean]] + ([video] if self.is_frame else [])
        self.positions = np.concatenate(parts)

    def tables(self, positions):
        quarter = self.half_head // 4
        return rotary_tables(positions, [quarter, self.half_head - 3 * quarter, quarter, quarter])

    def may_look(self):
        """Boolean [S, S]: rows are queries, columns keys."""
        if not self.is_frame:
            return np.tri(self.length, dtype=bool)
        token = np.arange(self.length)
        is_masked = token >= self.clean_end
        # Text tokens are a step each, the tokens of a frame a step together.
        place = np.where(is_masked, token - self.clean_end, token - self.prefix) // self.frame
        step = np.where(token < self.prefix, token, self.prefix + place)
        query, key = step[:, None], step[None, :]
        to_clean = np.where(is_masked[:, None], key < query, key <= query)
        to_masked = is_masked[:, None] & (key == query)
        return np.where(is_masked[None, :], to_masked, to_clean)

    def pieces(self):
        """Lengths of the text, the clean frames and, in frame order, the masked frames, as they follow each other."""
        return [self.prefix] + [self.frame] * (2 * self.frames - 1)


class TokenizerLayout:
    """Latent frames of `side`×`side` tokens; each sees itself and those before it."""

    def __init__(self, shape):
        self.frame, self.frames = shape["frameTokens"], shape["T"]
        half = shape["width"] // shape["heads"] // 2
        space = int(half * 0.375)
        positions = grid_positions(self.frames, shape["side"], shape["side"])
        self.cos, self.sin = rotary_tables(positions, [half - 2 * space, space, space])

    def may_look(self):
        frame = np.arange(self.frame * self.frames) // self.frame
        return frame[None, :] <= frame[:, None]


class FsqLayout:
    """Constants of finite scalar quantization, by channel."""

    def __init__(self, levels, epsilon=1e-3):
        counts = np.array(levels, dtype=np.float64)
        half_range = (counts - 1) * (1 + epsilon) / 2
        offset = np.where(counts % 2 == 0, 0.5, 0.0)
        as_float = lambda values: values.astype(np.float32)
        self.half_range, self.offset = as_float(half_range), as_float(offset)
        self.shift = as_float(np.arctanh(offset / half_range))
        self.halves = as_float(counts // 2)
