"""Two texts of one page side by side: what went, what came, what was put in other words."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from review.wording import Pairing, side_by_side

PARAGRAPHS = st.lists(st.sampled_from(["a b c", "a b d", "x y", "x y z", "one", ""]), max_size=8)


def words(side) -> str | None:
    return None if side is None else "".join(part.text for part in side)


def told(old: list[str], new: list[str], around: int = 99) -> list[Pairing]:
    return side_by_side(old, new, around)


def test_a_paragraph_in_other_words_faces_the_one_it_was():
    (row,) = told(["We hand data to police."], ["We hand no data to police."])
    assert [part.text.strip() for part in row.new if part.moved] == ["no"]
    assert not any(part.moved for part in row.old)


def test_what_came_and_what_went_face_nothing():
    rows = told(["Same.", "Old and gone."], ["New here.", "Same."])
    assert [(words(r.old), words(r.new)) for r in rows] == [
        (None, "New here."),
        ("Same.", "Same."),
        ("Old and gone.", None),
    ]


def test_unchanged_paragraphs_far_from_what_moved_are_counted_only():
    same = [f"Paragraph {n}." for n in range(9)]
    rows = side_by_side([*same, "Old."], [*same, "A new end"], 1)
    assert [row.skipped for row in rows] == [8, 0, 0, 0]


@given(PARAGRAPHS, PARAGRAPHS)
def test_nothing_is_lost_on_either_side(old, new):
    assume(old != new)
    rows = told(old, new)
    assert [words(r.old) for r in rows if r.old is not None] == old
    assert [words(r.new) for r in rows if r.new is not None] == new


def test_long_texts_that_have_nothing_in_common_are_compared_paragraph_by_paragraph_a_little_way_ahead():
    old = [f"old{n} words{n} here{n}" for n in range(3000)]
    new = [f"new{n} said{n} there{n}" for n in range(3000)]
    assert len(told(old, new)) == 6000
