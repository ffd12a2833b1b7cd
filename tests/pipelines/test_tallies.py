"""Which stance was read for which, and what confidence was worth."""

from pipelines.tallies import MADE_UP, MISSED, Confusion, Reliability


def test_a_stance_read_as_another_of_the_same_company_and_authority_is_one_confusion():
    confusion = Confusion()
    confusion.add(
        [("zoom", "HK", "pauses"), ("zoom", "HK", "reviewing")],
        [("zoom", "HK", "reviewing"), ("zoom", "HK", "refuses")],
    )
    assert confusion.as_dict() == {"pauses": {"refuses": 1}, "reviewing": {"reviewing": 1}}


def test_what_has_no_partner_is_missed_or_made_up():
    confusion = Confusion()
    confusion.add([("zoom", "HK", "pauses")], [("zoom", "US", "pauses"), ("apple", "US", "unable")])
    assert confusion.as_dict() == {
        "pauses": {MISSED: 1},
        MADE_UP: {"pauses": 1, "unable": 1},
    }
    assert confusion.stances == ["pauses", "unable"]


def test_confidence_is_held_against_what_was_right():
    reliability = Reliability()
    for confidence, right in ((0.95, True), (0.93, False), (0.9, True), (0.3, False)):
        reliability.add(confidence, right=right)
    assert (reliability.sure.statements, reliability.sure.right, reliability.sure.precision) == (2, 1, 0.5)
    assert [(name, b.statements) for name, b in reliability.rows()] == [
        ("above 0.9 to 1.0", 2),
        ("above 0.8 to 0.9", 1),
        ("above 0.0 to 0.5", 1),
    ]
    assert round(reliability.error, 2) == round((0.88 + 0.1 + 0.3) / 4, 2)


def test_nothing_read_is_no_miscalibration():
    assert Reliability().error == 0.0
    assert Reliability().as_dict()["bins"] == []
