"""The mail about a change: what it says, and that hostile text stays text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from support.views import NEW, OLD, evidence, held, view

from extract.types import Facets, Stance
from pipelines.alerts.message import message_of
from pipelines.alerts.render import render
from pipelines.config import AlertSettings, Subscriber

COURT = Facets(process=("court_order",), offence="terrorism")
ORDERS = Facets(process=("legal_request",), offence="any")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def flat(text: str) -> str:
    return " ".join(text.split())


def visible(html: str) -> str:
    return flat(
        re.sub(r"<[^>]+>", " ", re.sub(r"<style.*?</style>|<title.*?</title>", "", html, flags=re.DOTALL))
    )


def test_both_parts_say_what_changed_from_what_to_what_and_why():
    mail = render(view())
    assert mail.subject == "[stancewatch] Zoom → Hong Kong: complies → pauses (confirmed)"
    for part in (flat(mail.text), visible(mail.html)):
        assert (
            "Zoom has paused handling data requests from authorities in Hong Kong; before, it complied with them."
            in part
        )
        assert OLD in part.replace("> ", "")
        assert "The Courier, Petra Solano: Zoom and the police" in part.replace(" , ", ", ").replace(
            " :", ":"
        )
        assert "https://courier.example/zoom" in part
        assert "published 1 March 2026; first seen 2 March 2026, 05:15 UTC" in part
        assert "reported by The Courier and The Herald independently" in part
        assert "stancewatch captures show cccccccccccc" in part
        assert "stancewatch explain zoom HK" in part
        assert "alerts.subscribers" in part


def test_the_status_is_said_once():
    text = flat(render(view()).text)
    assert text.count("confirmed") == 1
    assert "Status: confirmed: reported by" in text


def test_only_what_needs_quoting_is_quoted():
    assert "stancewatch explain zoom '*'" in render(view(authority="*")).text


def test_the_plain_part_is_narrow_enough_for_a_phone_in_landscape():
    assert all(len(line) <= 78 for line in render(view()).text.splitlines())


def test_a_change_of_terms_says_which_way_and_names_both_conditions():
    terms = view(
        kind="terms",
        severity="minor",
        before=(held(Stance.CONDITIONAL, evidence(OLD), facets=COURT),),
        after=(held(Stance.CONDITIONAL, evidence(NEW), facets=ORDERS),),
    )
    mail = render(terms)
    text = flat(mail.text)
    assert "terms widened" in mail.subject
    assert "Zoom widened the terms on which it answers data requests" in text
    assert "From: conditional (on a court order, in terrorism cases)" in text
    assert "To: conditional (on a valid legal request, whatever the offence)" in text


def test_a_retraction_says_what_was_told():
    mail = render(view(status="retracted", reason="ana ruled on its evidence: reject"))
    text = flat(mail.text)
    assert text.startswith("Retracted: we told you that Zoom has paused handling")
    assert "That no longer stands." in text
    assert "(retracted)" in mail.subject


def test_what_is_not_confirmed_is_said_to_be_so():
    mail = render(view(status="provisional", reason="only The Courier so far"))
    assert flat(mail.text).startswith("Not yet confirmed: Zoom")


def test_what_ends_in_silence_is_said_so():
    mail = render(view(kind="withdrawn", after=()))
    assert "Zoom no longer says how it answers data requests" in flat(mail.text)
    assert "complies → no stated position" in mail.subject


def test_an_own_page_is_named_as_the_companys():
    page = evidence(publisher=None, author=None, own="Zoom", title="Requests by authorities")
    mail = render(view(after=(held(Stance.PAUSES, page),)))
    assert "Zoom, its own page: Requests by authorities" in flat(mail.text)


def test_one_event_in_twelve_outlets_is_told_by_two_and_names_the_others_once():
    sources = [evidence(f"{NEW} {n}", publisher=f"Outlet {n % 9}") for n in range(12)]
    text = flat(render(view(after=(held(Stance.PAUSES, *sources),))).text)
    assert f"{NEW} 1" in text
    assert f"{NEW} 2" not in text
    (others,) = re.findall(r"Also in: (.*?) BEFORE", text)
    assert others.split(", ") == [f"Outlet {n}" for n in range(2, 9)]


def test_a_stance_that_goes_on_is_not_told_as_news():
    both = view(
        before=(held(Stance.CONDITIONAL, facets=COURT),),
        after=(held(Stance.CHALLENGES), held(Stance.CONDITIONAL, facets=COURT)),
    )
    assert "Unchanged: conditional" in flat(render(both).text)


@pytest.mark.parametrize(
    ("sentence", "own"),
    [
        ("We stopped.", False),
        ("Zoom's “pause” goes on.", False),
        ("“We stopped,” Zoom said. “For now.”", True),
        ('"We stopped."', True),
        ("Zoom said: “We stopped.”", True),
        ("„Wir haben aufgehört“, sagt Zoom.", True),
    ],
)
@pytest.mark.parametrize("before", [(), (held(Stance.COMPLIES, evidence(OLD)),)])
def test_quotation_marks_stand_once_and_the_words_stay_as_they_were(sentence, own, before):
    mail = render(view(before=before, after=(held(Stance.PAUSES, evidence(sentence)),)))
    quote = re.findall(r"<blockquote.*?</blockquote>", mail.html, flags=re.DOTALL)[-1]
    assert visible(quote) == (sentence if own else f"“{sentence}”")
    assert f"> {sentence}" in flat(mail.text) if own else f'> "{sentence}"' in flat(mail.text)


HOSTILE = {
    "a tag": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "a header": "Zoom\r\nBcc: everybody@example.org\r\n\r\nbody",
    "an escape": "Zoom \x1b]0;owned\x07\x1b[2J",
    "a bidi mark": "Zoom \N{RIGHT-TO-LEFT OVERRIDE}lanoisivorp",
    "a nul": "Zoom\x00\ud800",
    "ten kilobytes": "Zoom " * 2000,
    "a template": "{{ 7 * 7 }}{% include 'x' %}",
    "an attribute": "\"'><style>*{display:none}</style>",
    "a link": '<a href="https://evil.example">click</a> https://evil.example/?q="x',
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_stays_text(words):
    source = evidence(
        words, title=words, url=f"https://evil.example/{words}", publisher=words, author=words, speaker=words
    )
    mail = render(
        view(
            company_name=words,
            reason=words,
            before=(held(Stance.COMPLIES, source),),
            after=(held(Stance.PAUSES, source, evidence(f"{words}!", publisher=words)),),
        )
    )
    html = mail.html.lower()
    assert len(mail.subject) <= 200
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", mail.subject + mail.text)
    assert not re.search(r"<(script|img|a|link|iframe|form|base|object|meta http)\b", html)
    assert "href=" not in re.sub(r"&[a-z#0-9]+;", "", re.sub(r">[^<]*<", "><", html))
    assert html.count("<style") == render(view()).html.lower().count("<style")
    assert "49" not in mail.text.replace("4900", "") or "7 * 7" in mail.text
    raw = message_of(mail, settings_for(), "ana@desk.example", "<1@desk.example>", NOON).as_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    assert (message["To"], message["Bcc"], len(message.get_all("Subject"))) == ("ana@desk.example", None, 1)
    assert "\n" not in message["Subject"]
    assert [p.get_content_type() for p in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert max(map(len, raw.splitlines())) <= 998


def settings_for(*subscribers: Subscriber) -> AlertSettings:
    return AlertSettings(sender="Desk <desk@news.example>", subscribers=subscribers)


def test_a_message_says_that_a_program_wrote_it_and_what_it_follows():
    subscriber = Subscriber(email="ana@desk.example", name="Ana Öz, news")
    message = message_of(
        render(view()),
        settings_for(subscriber),
        "ana@desk.example",
        "<2@news.example>",
        NOON,
        "<1@news.example>",
    )
    again = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert again["To"].addresses[0].display_name == "Ana Öz, news"
    assert again["Date"].datetime == NOON
    assert (again["Message-ID"], again["In-Reply-To"], again["References"]) == (
        "<2@news.example>",
        "<1@news.example>",
        "<1@news.example>",
    )
    assert again["Auto-Submitted"] == "auto-generated"
    assert again.get_body(("plain",)).get_content().splitlines() == render(view()).text.splitlines()


@pytest.mark.parametrize("stance", Stance)
@pytest.mark.parametrize("before", [None, *Stance])
def test_every_step_can_be_told(before, stance):
    was = (held(before, evidence(OLD)),) if before else ()
    text = render(view(kind="stance" if was else "new", before=was, after=(held(stance),))).text
    assert "{" not in text
    assert text.startswith("Zoom ")
