"""What two days on the sample sites must come to: these statements, these changes, these mails, and no other."""

from datetime import UTC, datetime

import pytest

from extract.analyse import analyse
from extract.types import Capture, Outcome
from pipelines.archive import read_response
from pipelines.store import queries


@pytest.fixture(scope="module")
def statements(demo):
    with demo.store.reading() as session:
        return queries.statements(session, limit=None)


@pytest.fixture(scope="module")
def changes(demo):
    with demo.store.reading() as session:
        return list(reversed(queries.changes(session, limit=None)))


def test_the_users_own_database_is_not_touched(demo):
    assert not (demo.overlay.parents[1] / "own.db").exists()


def test_each_statement_is_read_where_it_is_made_and_nowhere_else(statements):
    said = sorted(
        (
            s.url.partition(".localhost")[0].removeprefix("http://"),
            s.company,
            s.authority,
            str(s.stance),
            str(s.time),
        )
        for s in statements
    )
    assert said == [
        ("brightvale", "brightvale", "*", "conditional", "now"),
        ("brightvale", "brightvale", "*", "conditional", "now"),
        ("courier", "lumora", "XV", "complies", "now"),
        ("courier", "lumora", "XV", "pauses", "now"),
        ("courier", "lumora", "XV", "unable", "now"),
        ("ferrant", "ferrant", "*", "conditional", "now"),
        ("gazette", "lumora", "XV", "pauses", "now"),
        ("gazette", "orrin", "XC", "complies", "past"),
        ("kestrel", "kestrel-mail", "*", "conditional", "now"),
        ("kestrel", "kestrel-mail", "*", "conditional", "now"),
        ("ledger", "lumora", "XV", "complies", "now"),
        ("ledger", "lumora", "XV", "complies", "past"),
        ("ledger", "lumora", "XV", "pauses", "now"),
        ("orrin", "orrin", "*", "unable", "now"),
    ]


def test_every_quote_is_found_again_in_its_archived_page(demo, statements):
    archive = demo.config.settings.archive_dir
    for s in statements:
        with demo.store.reading() as session:
            facts = queries.capture(session, s.capture)
        stored = read_response(archive, facts.warc_file, facts.warc_offset)
        source = demo.config.source(facts.source)
        again = analyse(
            Capture(
                source=source.id,
                kind=source.kind,
                url=facts.url,
                final_url=facts.final_url,
                fetched=stored.fetched,
                status=stored.status,
                headers=stored.headers,
                body=stored.body,
                site=source.company,
                publisher=source.publisher,
                language=source.language,
            ),
            demo.config.knowledge,
        )
        assert again.document is not None
        assert again.document.text[s.start : s.end] == s.evidence


def test_news_gives_one_confirmed_change_of_stance_and_a_page_one_of_terms(changes):
    moved = [(c.company, c.authority, c.kind, c.severity, c.status) for c in changes if c.kind != "new"]
    assert moved == [
        ("kestrel-mail", "*", "terms", "minor", "confirmed"),
        ("lumora", "XV", "stance", "major", "confirmed"),
    ] or moved == [
        ("lumora", "XV", "stance", "major", "confirmed"),
        ("kestrel-mail", "*", "terms", "minor", "confirmed"),
    ]


def test_a_copied_wire_text_is_no_second_witness(changes):
    (lumora,) = [c for c in changes if c.company == "lumora" and c.kind == "stance"]
    assert "Harbour Ledger" in lumora.reason
    assert not ("Meridian Courier" in lumora.reason and "Tarn Valley Gazette" in lumora.reason)


def test_a_page_that_rewords_and_flaps_changes_nothing(demo, changes):
    assert [c.kind for c in changes if c.company == "brightvale"] == ["new"]
    with demo.store.reading() as session:
        (position,) = queries.positions(session, company="brightvale")
    assert position.since == datetime(2026, 3, 2, 5, 15, tzinfo=UTC).replace(
        second=position.since.second, microsecond=position.since.microsecond
    )


def test_a_consent_wall_ends_nothing(demo):
    with demo.store.reading() as session:
        walls = queries.captures(session, source="orrin-transparency", outcome=Outcome.WALL, limit=5)
        (position,) = queries.positions(session, company="orrin", authority="*")
    assert len(walls) == 1
    assert [str(h.stance) for h in position.held] == ["unable"]


def test_history_moves_no_position(demo):
    with demo.store.reading() as session:
        assert queries.positions(session, company="orrin", authority="XC") == []


def test_the_analyst_gets_one_mail_a_change_and_none_besides(demo):
    subjects = [
        sorted(str(m["subject"]).partition("]")[2].split(":")[0].strip() for m in v.mails)
        for v in demo.visits
    ]
    assert subjects == [[], ["Kestrel Mail → authorities in general", "Lumora → Valdoria"], []]


def test_a_mail_says_what_changed_and_shows_both_sentences(demo):
    (mail,) = [m for m in demo.visits[1].mails if "Lumora" in str(m["subject"])]
    text, page = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    for part in (" ".join(text.split()), " ".join(page.split())):
        for words in ("complies", "pauses", "Harbour Ledger", "3 March 2026", "stancewatch captures show"):
            assert words in part
    assert mail["to"] == "The analyst <analyst@desk.localhost>"
    assert "href=" not in page


def test_looking_once_more_stores_nothing_new(demo):
    evening = demo.visits[2].crawl.counts
    assert evening["statements"] == 0
