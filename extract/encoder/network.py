"""The encoder's forward pass: a Transformer (Vaswani et al. 2017) with BERT's layout (Devlin et al. 2019), in numpy.

The weights come of MiniLM (Wang et al. 2020; all-MiniLM-L6-v2, Apache License 2.0), trained further by bench/train.py
and stored as whole numbers of eight bits with a scale a row.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_HEADS = 12
_EPSILON = np.float32(1e-12)
_NEVER = np.float32(-1e9)  # added to the attention that padding would get


class Network:
    """The weights, and what they make of texts.

    `weights` holds what `packed` made; raises KeyError where one is missing.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.generic]]) -> None:
        self._rows = weights["embeddings.words"], _floats(weights, "embeddings.words:scale")
        self._positions = _floats(weights, "embeddings.positions")
        self._kinds = _floats(weights, "embeddings.kinds")
        self._norm = _floats(weights, "embeddings.norm"), _floats(weights, "embeddings.norm:bias")
        count = 1 + max(int(n.split(".")[1]) for n in weights if n.startswith("layer."))
        self._layers = [_Layer(weights, f"layer.{i}") for i in range(count)]
        self._head = _Dense(weights, "head")

    def __call__(self, numbers: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]]) -> Floats:
        """Log-odds of each output, a row a text. `numbers` and `kinds` are as WordPieces.pair gives them."""
        longest = max(map(len, numbers))
        ids = np.array([[*row, *[0] * (longest - len(row))] for row in numbers])
        types = np.array([[*row, *[0] * (longest - len(row))] for row in kinds])
        here = np.arange(longest)[None, :] < np.array([len(row) for row in numbers])[:, None]
        rows, scale = self._rows
        x = rows[ids].astype(np.float32) * scale[ids][..., None]
        x = _normed(x + self._positions[None, :longest] + self._kinds[types], *self._norm)
        hidden = np.where(here, np.float32(0), _NEVER)[:, None, None, :]
        for layer in self._layers:
            x = layer(x, hidden)
        shown = here[..., None].astype(np.float32)
        return self._head((x * shown).sum(1) / shown.sum(1))


class _Dense:
    def __init__(self, weights: Mapping[str, NDArray[np.generic]], name: str) -> None:
        self._weight = np.ascontiguousarray(
            (_floats(weights, name) * _floats(weights, f"{name}:scale")[:, None]).T
        )
        self._bias = _floats(weights, f"{name}:bias")

    def __call__(self, x: Floats) -> Floats:
        out: Floats = x @ self._weight + self._bias
        return out


class _Layer:
    def __init__(self, weights: Mapping[str, NDArray[np.generic]], name: str) -> None:
        self._query, self._key, self._value, self._out, self._wide, self._narrow = (
            _Dense(weights, f"{name}.{part}") for part in ("query", "key", "value", "out", "wide", "narrow")
        )
        self._first = _floats(weights, f"{name}.norm1"), _floats(weights, f"{name}.norm1:bias")
        self._second = _floats(weights, f"{name}.norm2"), _floats(weights, f"{name}.norm2:bias")

    def __call__(self, x: Floats, hidden: Floats) -> Floats:
        batch, length, width = x.shape

        def heads(given: Floats) -> Floats:
            return given.reshape(batch, length, _HEADS, width // _HEADS).transpose(0, 2, 1, 3)

        query, key, value = heads(self._query(x)), heads(self._key(x)), heads(self._value(x))
        attention = _softmax(
            query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(width // _HEADS)) + hidden
        )
        mixed = (attention @ value).transpose(0, 2, 1, 3).reshape(batch, length, width)
        x = _normed(x + self._out(mixed), *self._first)
        return _normed(x + self._narrow(_gelu(self._wide(x))), *self._second)


def _floats(weights: Mapping[str, NDArray[np.generic]], name: str) -> Floats:
    return weights[name].astype(np.float32)


def _normed(x: Floats, scale: Floats, bias: Floats) -> Floats:
    mean = x.mean(-1, keepdims=True)
    centred = x - mean
    spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + _EPSILON)
    out: Floats = centred / spread * scale + bias
    return out


def _softmax(x: Floats) -> Floats:
    x = np.exp(x - x.max(-1, keepdims=True))
    out: Floats = x / x.sum(-1, keepdims=True)
    return out


def _gelu(x: Floats) -> Floats:
    """By the tanh formula of Hendrycks and Gimpel (2016); it differs from the exact one by less than 0.001."""
    out: Floats = (
        np.float32(0.5)
        * x
        * (1 + np.tanh(np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x * x * x)))
    )
    return out


def packed(weights: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    """Weights of matrices as eight-bit rows with a scale each, the rest as it is: what a file of weights holds.

    Names as Network reads them: "embeddings.words", "layer.0.query", "layer.0.query:bias", …, "head".
    """
    out: dict[str, NDArray[np.generic]] = {}
    for name, given in weights.items():
        if given.ndim == 2 and name not in ("embeddings.positions", "embeddings.kinds"):
            scale = np.maximum(np.abs(given).max(1), 1e-8) / 127
            out[name] = np.rint(given / scale[:, None]).astype(np.int8)
            out[f"{name}:scale"] = scale.astype(np.float32)
        else:
            out[name] = given.astype(np.float16 if given.ndim == 2 else np.float32)
    return out


def load(path: Path) -> tuple[Network, tuple[str, ...], tuple[str, ...]]:
    """The network of a file, its vocabulary of word pieces, and what its outputs mean, in their order."""
    with np.load(path, allow_pickle=False) as file:
        weights = {name: file[name] for name in file.files}
    vocabulary = bytes(weights.pop("vocabulary")).decode("utf-8").split("\n")
    outputs = bytes(weights.pop("outputs")).decode("utf-8").split("\n")
    return Network(weights), tuple(vocabulary), tuple(outputs)


def save(
    path: Path, weights: Mapping[str, NDArray[np.generic]], vocabulary: Sequence[str], outputs: Sequence[str]
) -> None:
    """Writes what `load` reads."""
    words = {
        "vocabulary": np.frombuffer("\n".join(vocabulary).encode("utf-8"), dtype=np.uint8),
        "outputs": np.frombuffer("\n".join(outputs).encode("utf-8"), dtype=np.uint8),
    }
    arrays: Any = packed(weights) | words  # numpy's stub takes the names for its own arguments
    np.savez_compressed(path, **arrays)
