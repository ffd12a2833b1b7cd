"""Steps named, weighed and identified: kinds, severities, statuses, and ids that tell nobody twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from support.pairs import changes, day, page, report, ruled, stances, told

from extract.types import Facets, Side, Stance
from pipelines.evidence import Verdict
from pipelines.sides import ENDS, WEIGHT, sides_of

REFUSES, PAUSES, COMPLIES, REVIEWING = Stance.REFUSES, Stance.PAUSES, Stance.COMPLIES, Stance.REVIEWING
CONDITIONAL, CHALLENGES, UNABLE = Stance.CONDITIONAL, Stance.CHALLENGES, Stance.UNABLE
COURT, ORDERS = Facets(process=("court_order",)), Facets(process=("legal_request",))


def ids(*parts) -> set[str]:
    return {change.id for change in changes(*parts)}


def alerting(*parts) -> list[tuple]:
    """What subscribers may be told, in short."""
    return [told(change) for change in changes(*parts) if not change.baseline]


def rejected(said, at: float):
    return [replace(e, verdict=Verdict("reject", at=day(at))) for e in said]


# Kinds


def test_a_first_word_is_new_and_the_next_a_change_of_stance():
    assert alerting(report("courier", 1, COMPLIES), report("courier", 2, PAUSES)) == [
        ("new", "provisional", set(), {"complies"}),
        ("stance", "provisional", {"complies"}, {"pauses"}),
    ]


def test_other_conditions_on_a_page_are_a_change_of_terms_and_say_which_way():
    _, terms = changes(page((1, {CONDITIONAL: COURT}), (3, {CONDITIONAL: ORDERS})))
    assert (terms.kind, terms.severity, terms.status) == ("terms", "minor", "confirmed")
    assert terms.reason == (
        "the company's own page https://zoom.example/guide; "
        "terms of conditional widened: legal process court order → legal request"
    )


def test_silence_of_a_page_is_withdrawn_and_major():
    _, gone = changes(page((1, {UNABLE: None}), (3, {}), until=9))
    assert (*told(gone), gone.severity) == ("withdrawn", "confirmed", {"unable"}, set(), "major")
    assert gone.reason == "the company's own page https://zoom.example/guide no longer says so"


def test_there_and_back_is_two_changes():
    assert alerting(page((1, {COMPLIES: None}), (3, {REFUSES: None}), (6, {COMPLIES: None}), until=9)) == [
        ("stance", "confirmed", {"complies"}, {"refuses"}),
        ("stance", "confirmed", {"refuses"}, {"complies"}),
    ]


# Severities


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        ([], [COMPLIES], "minor"),
        ([], [REFUSES], "major"),
        ([COMPLIES], [REFUSES], "major"),
        ([REVIEWING], [PAUSES], "major"),
        ([COMPLIES], [COMPLIES, REVIEWING], "minor"),
        ([CONDITIONAL], [CONDITIONAL, CHALLENGES], "major"),
        ([CONDITIONAL], [CONDITIONAL, UNABLE], "minor"),
        ([UNABLE], [CONDITIONAL, UNABLE], "major"),
        ([REFUSES], [PAUSES, REFUSES], "minor"),
        ([PAUSES, REVIEWING], [REFUSES], "minor"),
    ],
)
def test_a_change_of_side_is_major_and_inside_a_side_minor(before, after, severity):
    first = [report("courier", 1, *before)] if before else []
    last = changes(*first, report("courier", 3, *after))[-1]
    assert (stances(last.after) >= {str(s) for s in after}, last.severity) == (True, severity)


def test_unable_and_reviewing_are_a_side_only_where_they_stand_alone():
    assert sides_of([]) == frozenset()
    assert sides_of([REVIEWING]) == {Side.UNDECIDED}
    assert sides_of([UNABLE, REVIEWING]) == {Side.WITHHOLDING}
    assert sides_of([CONDITIONAL, UNABLE, REVIEWING]) == {Side.COOPERATING}
    assert sides_of([COMPLIES, CHALLENGES]) == {Side.COOPERATING, Side.WITHHOLDING}


def test_every_stance_has_its_weight_and_what_it_ends():
    assert sorted(WEIGHT) == sorted(ENDS) == sorted(Stance)
    assert all(stance not in ended for stance, ended in ENDS.items())


# Statuses


def test_the_second_independent_report_confirms_the_same_change():
    first, second = report("courier", 3, PAUSES), report("herald", 4, PAUSES)
    (alone,), (both,) = changes(first), changes(first, second)
    assert (alone.id, alone.status, alone.reason) == (both.id, "provisional", "only Courier so far")
    assert (both.status, both.reason) == ("confirmed", "reported by Courier and Herald independently")


def test_one_event_in_twelve_outlets_is_one_change():
    (change,) = changes(*(report(f"outlet{n}", n / 10, PAUSES) for n in range(12)))
    (held,) = change.after
    assert len(held.statements) == 12


def test_a_rejected_report_takes_the_change_with_it():
    assert changes(ruled(report("courier", 3, PAUSES), "reject")) == ()


# False alarms that must not be


def test_a_report_that_leaves_out_half_of_what_another_told_ends_nothing():
    both = report("courier", 3, PAUSES, REVIEWING)
    assert alerting(both, report("herald", 4, PAUSES)) == [
        ("new", "confirmed", set(), {"pauses", "reviewing"})
    ]
    assert len(alerting(report("courier", 3, COMPLIES, PAUSES), report("herald", 4, PAUSES))) == 1


def test_what_was_ended_and_is_told_again_is_news_again():
    said = [report("courier", n, stance) for n, stance in ((1, COMPLIES), (3, PAUSES), (5, COMPLIES))]
    assert [c.kind for c in changes(*said)] == ["new", "stance", "stance"]


def test_a_page_that_flaps_between_two_wordings_every_day_is_told_once():
    flaps = [(n, {CONDITIONAL: ORDERS if n % 2 else COURT}) for n in range(2, 12)]
    looked_at_once = page((1, {CONDITIONAL: COURT}), *flaps)
    once = (
        looked_at_once[0],
        [replace(v, last_seen=v.first_seen) if v.first_seen > day(1) else v for v in looked_at_once[1]],
    )
    assert len(alerting(once)) == 1


def test_a_page_whose_sentence_comes_and_goes_every_day_is_told_nothing():
    said, versions = page(*((n, {CONDITIONAL: COURT} if n % 2 else {}) for n in range(1, 12)))
    once = [replace(v, last_seen=v.first_seen) for v in versions]
    assert alerting((said, once)) == []


def test_what_only_comes_and_what_only_goes_has_to_be_seen_twice():
    shown = (1, {CONDITIONAL: COURT}), (3, {CHALLENGES: None})
    assert alerting(page(*shown, until=3)) == []
    (moved,) = alerting(page(*shown, until=4))
    assert moved == ("stance", "confirmed", {"conditional"}, {"challenges"})


def test_an_older_event_that_arrives_late_and_is_over_alerts_nobody():
    known = report("courier", 5, PAUSES)
    late = report("herald", 2, COMPLIES, found=9)
    assert ids(known) < ids(known, late)
    assert [c.baseline for c in changes(known, late)] == [True, False]


# Ids


def test_an_earlier_dated_report_of_the_same_event_keeps_its_id():
    known = report("courier", 5, PAUSES)
    assert ids(known) == ids(known, report("herald", 4, PAUSES, found=9))


def test_an_article_that_is_edited_keeps_the_id_of_its_change():
    first = report("courier", 3, PAUSES, url="https://courier.example/a", document="v1")
    edited = report("courier", 3, PAUSES, url="https://courier.example/a", document="v2", found=4)
    outdated = [replace(e, superseded=True) for e in first]
    (before,), (after,) = changes(first), changes(outdated, edited)
    assert (before.id, before.occurred, before.found) == (after.id, after.occurred, after.found)
    assert after.after[0].statements == (edited[0].id,)


def test_an_edited_article_that_says_so_no_longer_takes_its_change_with_it():
    outdated = [replace(e, superseded=True) for e in report("courier", 3, PAUSES)]
    assert changes(outdated) == ()


def test_who_was_told_is_not_told_again_when_one_of_several_reports_is_rejected():
    first, second = report("courier", 3, PAUSES), report("herald", 4, PAUSES)
    (before,), (after,) = changes(first, second), changes(rejected(first, at=6), second)
    assert (before.id, before.status) == (after.id, "confirmed")
    assert (after.status, after.reason) == ("provisional", "only Herald so far")
    assert after.after[0].statements == (second[0].id,)


def test_what_is_told_after_a_rejection_is_a_change_of_its_own():
    first, second = report("courier", 3, PAUSES), report("herald", 8, PAUSES)
    assert ids(first).isdisjoint(ids(rejected(first, at=6), second))


def test_a_rejected_report_of_another_time_lends_no_name():
    early, over, late = (report("courier", n, s) for n, s in ((1, PAUSES), (2, COMPLIES), (3, PAUSES)))
    named = ids(early, over, late)
    assert ids(rejected(early, at=9), over, late) < named


def test_a_correction_lends_its_name_as_a_rejection_does():
    first, second = report("courier", 3, PAUSES), report("herald", 4, PAUSES)
    corrected = [replace(e, verdict=Verdict("correct", {"authority": "US"}, day(6))) for e in first]
    assert ids(first, second) == ids(corrected, second)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_one_crawl_reads_its_pages_does_not_show_in_the_id(order):
    """Three outlets are read within seconds, in any order; whatever was known first, it is one change."""
    known = report("courier", 1, COMPLIES)
    reports = [
        report("courier", 3, PAUSES, found=3.002),
        report("gazette", 3, PAUSES, found=3.001, wire="https://courier.example/3"),
        report("herald", 3.1, PAUSES, REVIEWING, found=3.2),
    ]
    read, ids = [], set()
    for n in order:
        read.append(reports[n])
        ids.add(next(c.id for c in changes(known, *read) if "pauses" in stances(c.after)))
    assert len(ids) == 1


def test_what_comes_into_force_twice_on_the_day_that_we_learn_of_it_is_two_changes():
    there_and_back = [
        report("courier", n, s, found=9) for n, s in ((1, COMPLIES), (2, PAUSES), (3, COMPLIES))
    ]
    assert len({c.id for c in changes(*there_and_back)}) == 3
