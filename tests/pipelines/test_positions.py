"""The rules of the fold, each as a small story (docs/changes.md tells the same ones)."""

from __future__ import annotations

import pytest
from support.pairs import PAGE, day, page, report, ruled, stances, timeline

from extract.types import Facets, Stance, Time
from pipelines.positions import ENDS, WEIGHT, Held

REFUSES, PAUSES, COMPLIES = Stance.REFUSES, Stance.PAUSES, Stance.COMPLIES
CONDITIONAL, REVIEWING, CHALLENGES, UNABLE = (
    Stance.CONDITIONAL,
    Stance.REVIEWING,
    Stance.CHALLENGES,
    Stance.UNABLE,
)
COURT = Facets(process=("court_order",))
ORDERS = Facets(process=("legal_request",))


def now(*told) -> set[str]:
    return stances(timeline(*told).held)


def test_a_first_report_is_the_position_and_one_step():
    line = timeline(report("courier", 1, PAUSES))
    assert stances(line.held) == {"pauses"}
    (step,) = line.steps
    assert (step.at, step.before, stances(step.after), step.baseline) == (day(1), (), {"pauses"}, False)


def test_nothing_told_is_nothing_held():
    line = timeline()
    assert (line.steps, line.held) == ((), ())


@pytest.mark.parametrize("later", list(Stance))
@pytest.mark.parametrize("earlier", list(Stance))
def test_a_later_report_ends_what_it_contradicts_and_leaves_the_rest(earlier, later):
    held = now(report("courier", 1, earlier), report("courier", 2, later))
    assert held == {str(later)} | ({str(earlier)} if earlier not in ENDS[later] else set())


def test_stances_told_together_hold_together():
    assert now(report("courier", 1, COMPLIES), report("courier", 2, PAUSES, REVIEWING)) == {
        "pauses",
        "reviewing",
    }
    assert now(report("courier", 1, CONDITIONAL, CHALLENGES)) == {"conditional", "challenges"}


def test_an_older_article_never_moves_a_newer_position():
    newer, older = report("courier", 5, PAUSES), report("herald", 2, COMPLIES, found=9)
    line = timeline(newer, older)
    assert stances(line.held) == {"pauses"}
    assert [(s.at, stances(s.before), stances(s.after)) for s in line.steps] == [
        (day(2), set(), {"complies"}),
        (day(5), {"complies"}, {"pauses"}),
    ]


def test_history_moves_nothing():
    assert now(report("courier", 1, PAUSES), report("courier", 2, COMPLIES, time=Time.PAST)) == {"pauses"}
    assert timeline(report("courier", 2, COMPLIES, time=Time.PAST)).steps == ()


def test_an_article_dated_in_the_future_counts_from_when_we_saw_it():
    line = timeline(report("courier", 40, PAUSES, found=2), report("herald", 3, COMPLIES))
    assert stances(line.held) == {"complies"}


def test_an_undated_article_counts_from_when_we_saw_it():
    (said,) = report("courier", 9, PAUSES, found=2)
    assert timeline([said.__class__(**{**_fields(said), "published": None})]).steps[0].at == day(2)


def test_only_the_newest_text_of_an_article_counts():
    assert now(report("courier", 1, REFUSES, superseded=True)) == set()


def test_an_unlisted_company_moves_nothing_unless_an_analyst_says_so():
    said = report("courier", 1, REFUSES, unlisted=True)
    assert now(said) == set()
    assert now(ruled(said, "correct", stance="pauses")) == {"pauses"}


def test_the_first_sight_of_a_page_is_its_baseline():
    (step,) = timeline(page((1, {CONDITIONAL: COURT}))).steps
    assert (step.baseline, step.confirmation.confirmed) == (True, True)


def test_what_a_page_says_later_is_no_baseline():
    first, second = timeline(page((1, {}), (2, {CONDITIONAL: COURT}), (3, {REFUSES: None}))).steps
    assert (first.baseline, second.baseline) == (False, False)
    assert (first.added, second.added, second.ended) == ((CONDITIONAL,), (REFUSES,), (CONDITIONAL,))


def test_a_page_that_rewords_moves_nothing():
    assert (
        len(
            timeline(
                page((1, {CONDITIONAL: COURT}), (3, {CONDITIONAL: Facets()}), (5, {CONDITIONAL: COURT}))
            ).steps
        )
        == 1
    )


def test_a_page_that_names_other_conditions_changes_its_terms():
    _, step = timeline(page((1, {CONDITIONAL: COURT}), (3, {CONDITIONAL: ORDERS}))).steps
    ((stance, moved),) = step.terms
    assert (stance, moved.direction, step.added, step.ended) == (CONDITIONAL, "widened", (), ())


def test_a_sentence_that_is_away_for_less_than_the_settle_time_is_not_gone():
    away = page((1, {CONDITIONAL: COURT}), (3, {}), (3.3, {CONDITIONAL: COURT}))
    assert len(timeline(away).steps) == 1
    last_sight = page((1, {CONDITIONAL: COURT}), (3, {}), until=3.3)
    assert now(last_sight) == {"conditional"}


def test_a_sentence_that_stays_away_is_gone_since_its_first_absence():
    _, step = timeline(page((1, {CONDITIONAL: COURT}), (3, {}), until=4)).steps
    assert (step.at, step.found, step.gone, step.after) == (day(3), day(3.5), True, ())


def test_a_new_sentence_in_the_place_of_the_old_counts_at_once():
    line = timeline(page((1, {CONDITIONAL: COURT}), (3, {REFUSES: None}), until=3))
    assert stances(line.held) == {"refuses"}


def test_one_report_stands_beside_the_own_pages_word_until_it_is_confirmed():
    own, first = page((1, {CONDITIONAL: COURT}), until=9), report("courier", 3, PAUSES)
    assert now(own, first) == {"conditional", "pauses"}
    assert now(own, first, report("herald", 4, PAUSES)) == {"pauses"}


def test_a_confirmed_report_ends_the_own_pages_word_from_its_first_telling_on():
    line = timeline(
        page((1, {CONDITIONAL: COURT}), until=9), report("courier", 3, PAUSES), report("herald", 4, PAUSES)
    )
    _, step = line.steps
    assert (step.at, step.added, step.ended, step.confirmation.confirmed) == (
        day(3),
        (PAUSES,),
        (CONDITIONAL,),
        True,
    )
    assert [s[:8] for s in step.after[0].statements] == [
        e.id[:8] for outlet, at in (("courier", 3), ("herald", 4)) for e in report(outlet, at, PAUSES)
    ]


def test_a_page_that_only_rewords_does_not_take_back_what_reports_confirmed():
    own = page((1, {CONDITIONAL: COURT}), (6, {CONDITIONAL: Facets(data=("content",))}), until=9)
    assert now(own, report("courier", 3, PAUSES), report("herald", 4, PAUSES)) == {"pauses"}


def test_a_page_that_says_something_new_speaks_for_the_company_again():
    own = page((1, {CONDITIONAL: COURT}), (6, {CONDITIONAL: ORDERS}), until=9)
    line = timeline(own, report("courier", 3, PAUSES), report("herald", 4, PAUSES))
    assert stances(line.held) == {"conditional"}
    assert line.steps[-1].confirmation.confirmed


def test_a_stance_holds_while_one_of_two_pages_says_so():
    guide = page((1, {UNABLE: None}), (3, {}), until=9)
    policy = page((1, {UNABLE: None}), until=9, url="https://zoom.example/privacy")
    assert now(guide, policy) == {"unable"}
    assert now(guide) == set()


def test_when_the_page_is_silent_the_reports_of_it_are_silent_too():
    assert now(page((1, {REFUSES: None}), (3, {}), until=9), report("courier", 2, REFUSES)) == set()


def test_a_watched_page_of_another_house_is_a_report():
    line = timeline(page((1, {REFUSES: None}), url="https://ngo.example/list", own=False))
    assert line.steps[0].confirmation.words.endswith("only ngo.example so far")


def test_a_rejected_statement_leaves_no_trace():
    kept, other = report("courier", 1, COMPLIES), report("herald", 2, PAUSES)
    assert timeline(kept, ruled(other, "reject")) == timeline(kept)


def test_a_correction_counts_as_what_it_was_corrected_to():
    (said,) = ruled(report("courier", 1, REFUSES), "correct", stance="pauses", facets={"notice": "before"})
    (held,) = timeline([said]).held
    assert (held.stance, held.facets, held.statements) == (PAUSES, Facets(notice="before"), (said.id,))
    assert now(ruled(report("courier", 1, REFUSES), "correct", time="past")) == set()
    assert now(ruled(report("courier", 1, REFUSES), "correct", authority="US")) == set()


def test_the_first_quoted_before_a_step_is_the_newest_and_after_it_the_one_that_brought_it():
    old = [report("courier", n, COMPLIES) for n in (1, 2)]
    new = [report("courier", n, PAUSES) for n in (5, 6)]
    step = timeline(*old, *new).steps[1]
    assert step.before[0].statements == (old[1][0].id, old[0][0].id)
    assert step.after[0].statements == (new[0][0].id, new[1][0].id)


def test_what_was_over_before_we_heard_of_it_is_late():
    late, known = timeline(report("herald", 2, COMPLIES, found=9), report("courier", 5, PAUSES)).steps
    assert (late.late, known.late) == (True, False)
    assert not any(
        s.late for s in timeline(report("herald", 2, COMPLIES), report("courier", 5, PAUSES)).steps
    )


def test_every_stance_has_its_place():
    assert set(ENDS) == set(WEIGHT) == set(Stance)
    assert all(stance not in ended for stance, ended in ENDS.items())


def test_held_is_stored_and_read_back():
    held = Held(CONDITIONAL, COURT, day(1), ("a", "b"))
    assert Held.from_dict(held.as_dict()) == held
    assert PAGE in timeline(page((1, {CONDITIONAL: COURT}))).steps[0].confirmation.words


def _fields(value):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def test_a_page_that_we_begin_to_watch_ends_nothing_that_was_told_before():
    """Nobody knows since when its text stood there: adding an old policy page to the sources is no news."""
    stale = page((5, {CONDITIONAL: COURT}), until=9)
    confirmed = [report("courier", 3, PAUSES), report("herald", 4, PAUSES)]
    assert now(*confirmed, stale) == {"pauses"}
    assert now(confirmed[0], stale) == {"pauses", "conditional"}


def test_a_page_that_we_begin_to_watch_speaks_as_soon_as_it_says_something_new():
    page_later = page((5, {CONDITIONAL: COURT}), (7, {CONDITIONAL: ORDERS}), until=9)
    assert now(report("courier", 3, PAUSES), report("herald", 4, PAUSES), page_later) == {"conditional"}


def test_a_report_of_what_a_stale_page_says_is_news_all_the_same():
    told = [
        report("courier", 3, PAUSES),
        report("herald", 4, PAUSES),
        page((5, {CONDITIONAL: COURT}), until=20),
        report("ledger", 8, CONDITIONAL),
    ]
    assert now(*told) == {"conditional"}


def test_an_article_that_recalls_what_was_before_tells_the_step():
    before, both = report("courier", 1, COMPLIES), report("ledger", 3, PAUSES, COMPLIES)
    assert now(before, both) == {"pauses"}
    line = timeline(before, both, report("herald", 4, PAUSES))
    assert [stances(s.after) for s in line.steps] == [{"complies"}, {"pauses"}]
    assert line.steps[1].confirmation.confirmed


def test_an_article_that_recalls_what_another_told_to_be_over_brings_nothing_back():
    told = [
        report("courier", 1, COMPLIES),
        report("herald", 3, PAUSES),
        report("ledger", 4, PAUSES, COMPLIES),
    ]
    line = timeline(*told)
    assert [stances(s.after) for s in line.steps] == [{"complies"}, {"pauses"}]
    assert line.steps[1].confirmation.confirmed
    assert now(*told, report("herald", 6, COMPLIES)) == {"complies"}


def test_who_refuses_what_comes_without_a_warrant_says_both():
    assert now(report("courier", 1, REFUSES), report("ledger", 3, REFUSES, CONDITIONAL)) == {
        "refuses",
        "conditional",
    }
