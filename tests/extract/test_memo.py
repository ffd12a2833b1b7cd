"""A bounded memory for what was computed in batches."""

from __future__ import annotations

from extract.memo import Memo


def test_only_what_is_not_known_is_computed_and_the_oldest_is_forgotten():
    computed: list[list[int]] = []

    def squares(numbers):
        computed.append(list(numbers))
        return {n: n * n for n in numbers}

    memo: Memo[int, int] = Memo(3)
    assert memo([1, 2, 2], squares) == {1: 1, 2: 4}
    assert memo([2, 1, 3], squares) == {1: 1, 2: 4, 3: 9}
    assert memo([4, 1], squares) == {1: 1, 4: 16}  # 2 was asked for the longest time ago
    assert memo([2], squares) == {2: 4}
    assert memo([], squares) == {}
    assert computed == [[1, 2], [3], [4], [2]]


def test_a_batch_larger_than_the_memory_is_answered_whole():
    memo: Memo[int, int] = Memo(2)
    assert len(memo(range(10), lambda new: dict.fromkeys(new, 0))) == 10
