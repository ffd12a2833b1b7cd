"""What of a page's versions is the company's change: sentences that stand, go, come, and take each other's places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from support.pairs import PAGE, SETTLE, day

from extract.statements.standing import sentence_key, standing
from extract.types import Facets, Stance, Support, Time
from pipelines.evidence import Evidence, Reading, Verdict, Version
from pipelines.positions import fold
from pipelines.watched import page_history

CONDITIONAL, REFUSES = Stance.CONDITIONAL, Stance.REFUSES
COURT, ORDERS = Facets(process=("court_order",)), Facets(process=("legal_request",))
ON_COURT = "If we receive a court order, we may disclose the IP address of a user to the authorities."
ON_ORDER = "If we receive a valid order, we may disclose the IP address of a user to the authorities."
REFUSAL = "We do not disclose anything about our users, whoever asks."
NEVER = "So far, this has never happened."
REST = "We store as little as we can. Ask us for a copy of your data whenever you like."


def said(
    document: int,
    sentence: str,
    stance: Stance = CONDITIONAL,
    facets: Facets = COURT,
    *,
    authority: str = "HK",
    **more,
) -> Evidence:
    """What was read in one of the page's texts."""
    return Evidence(
        id=f"{document}-{authority}-{stance}",
        company="zoom",
        authority=authority,
        stance=stance,
        time=Time.NOW,
        document=str(document),
        url=PAGE,
        first_seen=day(document),
        facets=facets,
        own=True,
        sentence=sentence,
        supports=(Support(sentence, facets),),
        **more,
    )


def shown(texts: list[str], evidence: list[Evidence], *, until: float = 0) -> list[Version]:
    """The page showed a text a day, each looked at once; the last until `until`."""
    sentences = {sentence_key(s): s for e in evidence for s in (e.sentence, e.promise) if s}
    return [
        Version(PAGE, n + 1, str(n), day(n), day(n), standing(sentences, text, [(0, len(text))]))
        for n, text in enumerate(texts[:-1])
    ] + [
        Version(
            PAGE, len(texts), str(len(texts) - 1), day(len(texts) - 1), day(max(until, len(texts) - 1)),
            standing(sentences, texts[-1], [(0, len(texts[-1]))]),
        )
    ]  # fmt: skip


def heard(texts: list[str], evidence: list[Evidence], **more) -> list[Reading]:
    return list(page_history(PAGE, shown(texts, evidence, **more), evidence, ("zoom", "HK"), SETTLE).readings)


def news(readings: Iterable[Reading]) -> list[tuple[set[str], set[str]]]:
    """What readings tell as news, and what they say is gone; baselines left out."""
    return [
        ({str(s) for s in r.tells}, {str(s) for s in r.gone})
        for r in readings
        if not r.baseline and (r.tells or r.gone)
    ]


def test_a_sentence_that_was_read_in_one_version_only_counts_in_all_in_which_it_stands():
    text = f"{ON_COURT} {REST}"
    readings = heard([text, f"{text} Bye.", f"{text} See you."], [said(1, ON_COURT)], until=9)
    assert [r.baseline for r in readings if r.tells] == [True]
    assert news(readings) == []


def test_nearly_the_same_sentence_that_was_not_read_again_is_no_silence():
    reworded = ON_COURT.replace("may disclose", "might disclose")
    assert news(heard([ON_COURT, reworded], [said(0, ON_COURT)], until=9)) == []


def test_what_was_made_over_into_words_that_we_cannot_read_is_no_silence():
    made_over = "If a court order reaches us, the IP address of a user may be disclosed to the authorities."
    assert news(heard([ON_COURT, made_over], [said(0, ON_COURT)], until=9)) == []
    turned = ON_COURT.replace("we may disclose", "we never disclose")
    assert news(heard([ON_COURT, turned], [said(0, ON_COURT)], until=9)) == [(set(), {"conditional"})]


def test_what_only_goes_with_a_page_that_is_written_anew_is_doubted():
    evidence = [said(0, ON_COURT)]
    one, other = shown([ON_COURT, REST], evidence, until=9)
    versions = [replace(one, fingerprint=tuple(range(9))), replace(other, fingerprint=tuple(range(9, 18)))]
    _, gone = page_history(PAGE, versions, evidence, ("zoom", "HK"), SETTLE).readings
    assert (gone.gone, gone.doubt) == ({CONDITIONAL}, "the company's own page was written anew")
    _, step = fold("zoom", "HK", evidence, versions, SETTLE).steps
    assert (step.confirmation.confirmed, step.confirmation.words.endswith("was written anew")) == (
        False,
        True,
    )


def test_what_is_read_unsurely_keeps_a_stance_but_brings_none():
    other = "We answer what courts ask for, and tell the police no more than an address."
    kept = [said(0, ON_COURT), said(1, other, facets=Facets(), unsure=True)]
    assert news(heard([ON_COURT, other], kept, until=9)) == []
    assert heard([REST, other], [said(1, other, unsure=True)], until=9) == []
    accepted = said(1, other, unsure=True, verdict=Verdict("accept"))
    assert news(heard([REST, other], [accepted], until=9)) == [({"conditional"}, set())]


def test_what_was_unsure_and_is_read_surely_in_much_the_same_words_is_no_news():
    before = ON_COURT.replace("If we receive", "Where we are served with")
    evidence = [said(0, before, unsure=True), said(1, ON_COURT)]
    readings = heard([before, ON_COURT], evidence, until=9)
    assert [r.baseline for r in readings if r.tells] == [True]


def test_what_is_said_of_all_authorities_keeps_what_was_said_of_one():
    evidence = [said(0, ON_COURT), said(1, ON_ORDER, facets=ORDERS, authority="*")]
    assert news(heard([ON_COURT, ON_ORDER], evidence, until=9)) == []


def test_terms_move_where_a_sentence_takes_the_place_of_another():
    evidence = [said(0, ON_COURT), said(1, ON_ORDER, facets=ORDERS)]
    readings = heard([f"{ON_COURT} {REST}", f"{ON_ORDER} {REST}"], evidence)
    (moved,) = [r.moved for r in readings if r.moved]
    assert (moved[CONDITIONAL].direction, moved[CONDITIONAL].dropped) == ("widened", None)


def test_a_promise_that_goes_with_the_old_terms_is_told_with_them():
    evidence = [said(0, ON_COURT, promise=NEVER), said(1, ON_ORDER, facets=ORDERS)]
    readings = heard([f"{ON_COURT} {NEVER}", ON_ORDER], evidence)
    (moved,) = [r.moved[CONDITIONAL] for r in readings if r.moved]
    assert (moved.direction, moved.dropped) == ("widened", NEVER)


def test_a_promise_that_goes_alone_has_to_stay_away():
    evidence = [said(0, ON_COURT, promise=NEVER), said(1, ON_COURT)]
    texts = [f"{ON_COURT} {NEVER}", f"{ON_COURT} {REST}"]
    assert [r for r in heard(texts, evidence) if r.moved] == []
    (moved,) = [r.moved[CONDITIONAL] for r in heard(texts, evidence, until=3) if r.moved]
    assert (moved.direction, moved.dropped) == ("promise dropped", NEVER)


def test_other_conditions_that_the_page_states_elsewhere_too_move_nothing():
    both = f"{ON_COURT} A request of the police must be a valid order or a court order."
    evidence = [
        replace(
            said(0, ON_COURT), supports=(Support(ON_COURT, COURT), Support(both[len(ON_COURT) + 1 :], ORDERS))
        ),
        said(1, ON_ORDER, facets=ORDERS),
    ]
    texts = [both, both.replace(ON_COURT, ON_ORDER)]
    assert [r for r in heard(texts, evidence, until=9) if r.moved] == []


def test_a_sentence_that_was_split_up_is_no_change_of_terms():
    whole = f"Details are a name, a number and an address of a user, and this holds for them: {ON_COURT}"
    wide = Facets(process=("court_order",), data=("metadata", "subscriber"))
    narrow = Facets(process=("court_order",), data=("metadata",))
    evidence = [said(0, whole, facets=wide), said(1, ON_COURT, facets=narrow)]
    assert [r for r in heard([whole, ON_COURT], evidence, until=9) if r.moved] == []


def test_a_contrary_in_its_place_counts_at_once_if_the_rest_of_the_page_stands():
    evidence = [said(0, ON_COURT), said(1, REFUSAL, REFUSES, Facets())]
    texts = [f"{ON_COURT} {REST}", f"{REFUSAL} {REST}"]
    assert news(heard(texts, evidence)) == [({"refuses"}, {"conditional"})]
    one, other = shown(texts, evidence)
    apart = [replace(one, fingerprint=tuple(range(9))), replace(other, fingerprint=tuple(range(9, 18)))]
    pair = "zoom", "HK"
    assert news(page_history(PAGE, apart, evidence, pair, SETTLE).readings) == []
    seen_again = [apart[0], replace(apart[1], last_seen=day(2))]
    assert news(page_history(PAGE, seen_again, evidence, pair, SETTLE).readings) == [
        ({"refuses"}, {"conditional"})
    ]


@pytest.mark.parametrize(("looks", "told"), [(1, 0), (3, 1)])
def test_what_only_comes_is_told_when_it_was_seen_twice(looks, told):
    evidence = [said(1, REFUSAL, REFUSES, Facets())]
    assert len(news(heard([REST, f"{REST} {REFUSAL}"], evidence, until=looks))) == told


def test_a_layout_that_comes_back_again_and_again_has_to_stay_longer_each_time():
    evidence = [said(0, ON_COURT), said(1, REFUSAL, REFUSES, Facets())]
    texts = [ON_COURT, REFUSAL] * 6
    assert news(heard(texts, evidence)) == [({"refuses"}, {"conditional"})]


def test_a_sentence_that_an_analyst_rejected_in_one_version_is_none_in_the_next():
    rejected = said(0, ON_COURT, verdict=Verdict("reject"))
    assert heard([ON_COURT, f"{ON_COURT} Bye."], [rejected, said(1, ON_COURT)], until=9) == []


def test_a_correction_of_the_conditions_holds_for_its_sentence():
    corrected = said(0, ON_COURT, verdict=Verdict("correct", {"facets": {"process": ["warrant"]}}))
    (first, *_) = heard([ON_COURT, REST], [corrected])
    assert first.says[CONDITIONAL].facets == Facets(process=("warrant",))


def test_of_two_rulings_on_a_sentence_the_newer_one_counts():
    rejected = said(0, ON_COURT, verdict=Verdict("reject", at=day(1)))
    accepted = said(1, ON_COURT, verdict=Verdict("accept", at=day(5)))
    texts = [ON_COURT, f"{ON_COURT} Bye."]
    assert [r.baseline for r in heard(texts, [rejected, accepted], until=9) if r.tells] == [True]
    late = replace(rejected, verdict=Verdict("reject", at=day(6)))
    assert heard(texts, [late, accepted], until=9) == []


def test_what_was_unsure_and_is_read_surely_on_other_terms_is_a_change_of_terms():
    evidence = [said(0, ON_COURT, unsure=True), said(1, ON_ORDER, facets=ORDERS)]
    readings = heard([f"{ON_COURT} {REST}", f"{ON_ORDER} {REST}"], evidence, until=9)
    assert [r.moved[CONDITIONAL].direction for r in readings if r.moved] == ["widened"]


def test_what_was_unsure_and_was_turned_round_is_news():
    gives = "We disclose the data of a user to the police with a court order of a judge."
    refuses = "We never disclose the data of a user to the police, not even with a court order of a judge."
    evidence = [
        said(0, gives),
        said(0, gives, REFUSES, Facets(), unsure=True),
        said(1, refuses, REFUSES, Facets()),
    ]
    readings = heard([f"{gives} {REST}", f"{refuses} {REST}"], evidence, until=9)
    assert news(readings) == [({"refuses"}, {"conditional"})]


def test_a_promise_in_other_words_still_stands():
    again = "To this day, such a thing has not happened."
    evidence = [said(0, ON_COURT, promise=NEVER), said(1, ON_COURT, promise=again)]
    texts = [f"{ON_COURT} {NEVER} {REST}", f"{ON_COURT} {again} {REST}"]
    assert [r for r in heard(texts, evidence, until=9) if r.moved] == []


def test_of_two_promises_the_one_that_went_is_quoted():
    abroad = "When a court order of a foreign state reaches us, we may hand over the phone number of a user."
    none_yet = "No such order has ever reached us."
    evidence = [
        said(0, ON_COURT, promise=NEVER),
        replace(
            said(1, ON_COURT, promise=none_yet),
            supports=(Support(ON_COURT, COURT), Support(abroad, COURT)),
        ),
    ]
    both = f"{ON_COURT} {NEVER} {abroad} {none_yet} {REST}"
    readings = heard([both, f"{both} Bye.", f"{ON_COURT} {NEVER} {abroad} {REST}"], evidence, until=9)
    assert [r.moved[CONDITIONAL].dropped for r in readings if r.moved] == [none_yet]


def test_a_page_that_is_touched_up_soon_after_its_change_says_so_since_the_change():
    more = "We refuse every single request that any government sends to us."
    evidence = [
        said(0, ON_COURT),
        said(1, REFUSAL, REFUSES, Facets()),
        replace(
            said(2, REFUSAL, REFUSES, Facets()),
            supports=(Support(REFUSAL, Facets()), Support(more, Facets())),
        ),
    ]
    texts = [f"{ON_COURT} {REST}", f"{REFUSAL} {REST}", f"{REFUSAL} {more} {REST}"]
    one, two, three = shown(texts, evidence)
    soon = day(1) + SETTLE / 2
    seen = [one, two, replace(three, first_seen=soon, last_seen=day(3))]
    readings = page_history(PAGE, seen, evidence, ("zoom", "HK"), SETTLE).readings
    assert [(r.at, set(r.tells)) for r in readings if not r.baseline] == [(day(1), {REFUSES})]


def test_a_page_that_flaps_within_the_settle_time_has_to_stay_longer_each_time():
    evidence = [said(0, ON_COURT), said(1, REFUSAL, REFUSES, Facets())]
    texts = [f"{ON_COURT} {REST}", f"{REFUSAL} {REST}"] * 8
    quick = [
        replace(v, first_seen=day(0) + n * SETTLE / 2, last_seen=day(0) + n * SETTLE / 2)
        for n, v in enumerate(shown(texts, evidence))
    ]
    for n in range(2, len(quick), 2):  # as it was told after each look at the old text
        readings = page_history(PAGE, quick[: n + 1], evidence, ("zoom", "HK"), SETTLE).readings
        assert news(readings) == []


@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("looks", [1, 2])
def test_a_sentence_that_moves_to_another_page_of_the_company_has_not_gone(earlier, looks):
    there = "https://zoom.example/other"
    moved = replace(said(5, ON_COURT), id="moved", document="moved", url=there)
    old = [Version(PAGE, 1, "0", day(0), day(4), standing({sentence_key(ON_COURT): ON_COURT}, ON_COURT, [(0, 99)])),
           Version(PAGE, 2, "silent", day(5), day(6), {})]  # fmt: skip
    came = day(5) + timedelta(minutes=-15 if earlier else 15)
    new = [Version(there, 1, "before", day(0), came - timedelta(days=1)),
           Version(there, 2, "moved", came, came + timedelta(days=looks - 1))]  # fmt: skip
    steps = fold("zoom", "HK", [said(0, ON_COURT), moved], old + new, SETTLE).steps
    assert [step.baseline for step in steps] == [True]


def test_on_a_page_that_is_written_anew_a_sentence_on_the_same_subject_need_not_be_the_old_one():
    old = "Authorities of other countries should use a treaty request to seek data of a user from us."
    new = "Authorities of other countries may have to send a treaty request to the ministry before we look at any of it."
    evidence = [
        said(0, old, facets=Facets(process=("mlat", "emergency"))),
        said(1, new, facets=Facets(process=("mlat",))),
    ]
    one, other = shown([old, new], evidence, until=9)
    here = page_history(PAGE, [one, other], evidence, ("zoom", "HK"), SETTLE).readings
    apart = [replace(one, fingerprint=tuple(range(9))), replace(other, fingerprint=tuple(range(9, 18)))]
    anew = page_history(PAGE, apart, evidence, ("zoom", "HK"), SETTLE).readings
    assert [len([r for r in readings if r.moved]) for readings in (here, anew)] == [1, 0]


def test_what_the_same_words_are_read_to_state_beside_a_heading_moves_nothing():
    headed = f"Under the law: * {ON_COURT}"
    wide = Facets(process=("court_order",), data=("metadata", "content"))
    narrow = Facets(process=("court_order",), data=("metadata",))
    for old, new in ((wide, narrow), (narrow, wide)):
        evidence = [said(0, ON_COURT, facets=old), said(1, headed, facets=new)]
        expected = (
            [] if old is wide else ["widened"]
        )  # what a longer sentence states more may stand in its new words
        readings = heard([ON_COURT, headed], evidence, until=9)
        assert [r.moved[CONDITIONAL].direction for r in readings if r.moved] == expected


@pytest.mark.parametrize(("stance", "doubted"), [(Stance.PAUSES, False), (Stance.REFUSES, True)])
def test_what_newly_stands_on_a_page_written_anew_is_doubted_unless_it_is_announced_when_it_happens(
    stance, doubted
):
    notice = "We have stopped to answer requests of the police in Hong Kong until further notice."
    evidence = [said(1, notice, stance, Facets())]
    one, other = shown([REST, f"{REST} {notice}"], evidence, until=9)
    apart = [replace(one, fingerprint=tuple(range(9))), replace(other, fingerprint=tuple(range(9, 18)))]
    (came,) = page_history(PAGE, apart, evidence, ("zoom", "HK"), SETTLE).readings
    assert (came.tells, bool(came.doubt)) == ({stance}, doubted)


def test_a_step_is_quoted_from_the_text_that_brought_it_however_the_page_is_edited_later():
    texts = [
        f"{ON_COURT} {REST}",
        f"{ON_ORDER} {REST}",
        f"{ON_ORDER} {REST} We have an office.",
        f"{ON_ORDER} {REST} We have two offices.",
        f"{REFUSAL} {REST}",
    ]
    evidence = [
        said(0, ON_COURT),
        *(said(n, ON_ORDER, facets=ORDERS) for n in (1, 2, 3)),
        said(4, REFUSAL, Stance.REFUSES, Facets()),
    ]
    first, widened, refused = fold(
        "zoom", "HK", evidence, shown(texts, evidence, until=9), timedelta(hours=12)
    ).steps
    assert first.after[0].statements == ("0-HK-conditional",)
    assert widened.after[0].statements[0] == "1-HK-conditional"
    assert refused.before[0].statements[0] == "3-HK-conditional"
