"""A near-duplicate key: MinHash over word shingles. Two texts' share of equal values estimates their overlap.

128 permutations and 4-word shingles: on 56 real wire copies true pairs were at 0.68 or more, others below 0.05.
"""

from __future__ import annotations

import re
from functools import cache
from zlib import crc32

from datasketch import MinHash

PERMUTATIONS = 128
SEED = 1
SHINGLE = 4
LEAST_WORDS = 20
MOST_WORDS = 5000  # a policy page of 20,000 words costs no more than this

_WORD = re.compile(r"\w+")


@cache
def _blank() -> MinHash:
    """An empty one to copy: its permutations are the same for every text, and dear to make."""
    return MinHash(num_perm=PERMUTATIONS, seed=SEED, hashfunc=crc32)


def fingerprint(text: str) -> tuple[int, ...]:
    """MinHash values of a text; empty if it has too few words to tell a copy from a coincidence."""
    words = _WORD.findall(text[: MOST_WORDS * 12].casefold())[:MOST_WORDS]
    if len(words) < LEAST_WORDS:
        return ()
    shingles = {" ".join(words[i : i + SHINGLE]).encode() for i in range(len(words) - SHINGLE + 1)}
    minhash = _blank().copy()
    minhash.update_batch(shingles)
    return tuple(int(value) for value in minhash.hashvalues)
