"""The views of what is known, as a person sees them: today, matrix, companies, pairs, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from support.people import Browser, visitor
from support.shown import Shown
from support.store import Story, config
from support.visits import Seen, Site, served

from pipelines import ledger
from pipelines.config import Subscriber
from pipelines.store import queries
from pipelines.store.people import Role

PAUSES = "zoom HK pauses: Zoom stopped handling requests from Hong Kong."
COMPLIES = "zoom HK complies: Zoom hands data to Hong Kong's police."
HOSTILE = 'zoom HK refuses: Zoom <script>alert(1)</script> said "no" & left.'
VIEWS = ("/", "/matrix", "/companies", "/companies/zoom", "/pairs/zoom/HK", "/changes")


@pytest.fixture
def site(store, clock) -> Iterator[Site]:
    with served(store, config(), clock) as open_site:
        yield open_site


@dataclass(frozen=True)
class Reader:
    """Somebody who signs in before each look, however many days lie between two."""

    browser: Callable[[], Browser]

    def get(self, path: str) -> Seen:
        return self.browser().get(path)

    def look(self, path: str) -> Shown:
        return self.browser().look(path)


@pytest.fixture
def reader(site, store, clock) -> Reader:
    return Reader(lambda: visitor(site, store, clock, Role.READER))


@pytest.fixture
def story(store, clock) -> Story:
    return Story(store, clock)


def change_ids(story: Story) -> list[str]:
    with story.store.reading() as session:
        return [change.id for change in queries.changes(session)]


def turned(story: Story, clock) -> None:
    """Zoom complied; two days later two outlets report that it pauses."""
    story.reports("courier", COMPLIES, title="Zoom and the police")
    clock.tick(days=2)
    story.reports("courier", PAUSES, path="/b")
    story.reports("herald", PAUSES + " So it said.", path="/c")


# --- for all of them ---


@pytest.mark.parametrize("path", [*VIEWS, "/changes/0123456789ab"])
def test_nobody_looks_without_signing_in(site, path):
    assert (site.get(path).status, site.get(path).headers["location"][:8]) == (303, "/signin?")


@pytest.mark.parametrize("path", VIEWS)
def test_an_empty_store_is_calm(reader, path):
    page = reader.look(path)
    assert len(page.main.xpath(".//h1")) == 1
    assert page.main.xpath(".//a[not(normalize-space())] | .//button[not(normalize-space())]") == []


@pytest.mark.parametrize("path", VIEWS)
def test_what_pages_say_is_shown_and_never_obeyed(reader, story, path):
    story.reports("courier", HOSTILE, title="<img src=x onerror=alert(1)>")
    text = reader.get(path).text
    assert "<script>alert" not in text
    assert "<img" not in text


@pytest.mark.parametrize("path", VIEWS)
def test_nothing_in_a_page_breaks_the_strict_policy(reader, story, clock, path):
    turned(story, clock)
    page = reader.look(path)
    assert page.main.xpath("//*[@style] | //script[not(@src)] | //*[@onclick]") == []


def test_an_address_that_is_none_of_the_webs_is_no_link(reader, story):
    story.reports("courier", PAUSES, title="t")
    with story.store.reading() as session:
        (said,) = queries.statements(session)
    assert said.url in reader.look("/pairs/zoom/HK").links  # the web's own is one
    from review.pages import _environment

    macro = _environment().from_string("{% from 'macros.html' import weblink %}{{ weblink(url) }}")
    assert macro.render(url="javascript:alert(1)") == "javascript:alert(1)"
    assert macro.render(url="HTTPS://courier.example/a").startswith("<a href=")


# --- today ---


def test_today_tells_changes_in_the_words_of_a_mail_with_a_quote_of_what_is_new(reader, story, clock):
    turned(story, clock)
    told = reader.look("/").part("changed")
    assert "Zoom has paused handling data requests from authorities in Hong Kong" in told
    assert "before, it complied with them" in told
    assert "Zoom stopped handling requests from Hong Kong." in told
    assert "hands data" not in told


def test_what_is_older_than_a_day_is_told_under_seven_days(reader, story, clock):
    turned(story, clock)
    clock.tick(days=3)
    assert "Nothing changed in the last 24 hours" in reader.look("/").words
    assert "Zoom has paused" in reader.look("/?days=7").words
    assert reader.get("/?days=3").status == 422


def test_today_tells_what_a_ruling_moved_and_not_what_was_taken_back_before_anybody_heard(
    site, store, reader, story, clock
):
    story.reports("courier", COMPLIES)
    clock.tick(days=8)
    analyst = visitor(site, store, clock, Role.ANALYST)
    assert "Nothing changed" in analyst.look("/").words
    with store.reading() as session:
        (said,) = queries.statements(session)
    assert analyst.post(f"/statements/{said.id}/correct", stance="pauses", company="zoom", authority="HK", time="now", then="/queue").status == 303  # fmt: skip
    words = analyst.look("/").words
    assert "Zoom has paused handling data requests from authorities in Hong Kong" in words
    queue = analyst.look("/queue").words
    assert "Your last: corrected Zoom complies to Zoom pauses. It moved Zoom → Hong Kong: " in queue
    with store.reading() as session:
        (verdict,) = queries.verdicts(session)
    clock.tick(minutes=1)
    analyst.post("/queue/undo", verdict=str(verdict.id))
    words = analyst.look("/").words
    assert "has paused" not in words


def test_what_nobody_confirmed_yet_is_marked_wherever_it_is_in_force(reader, story, clock):
    story.reports("courier", PAUSES)
    story.shows("zoom-guide", "zoom US conditional: Zoom asks for a court order.")
    for path in ("/matrix", "/companies/zoom", "/pairs/zoom/HK"):
        assert "pauses (provisional)" in reader.look(path).words
        assert "conditional (provisional)" not in reader.look(path).words
    clock.tick(hours=3)
    story.reports("herald", "zoom HK pauses: No answer comes from Zoom, says Hong Kong.", path="/own")
    assert "pauses (provisional)" not in reader.look("/companies/zoom").words


def test_what_needs_an_analyst_is_not_shown_to_a_reader(site, store, story, clock):
    story.reports("courier", PAUSES)
    for role, sees in ((Role.READER, False), (Role.ANALYST, True)):
        page = visitor(site, store, clock, role).look("/")
        assert ("What needs you" in page.words) is sees
        assert any(link.startswith("/queue") for link in page.links) is sees


def test_today_says_what_is_broken(reader, story):
    story.intake.failed("courier", "https://courier.example/feed", "timed out")
    words = reader.look("/").part("broken")
    assert "no crawl has ended well yet" in words
    assert "courier" in words


# --- matrix ---


def test_the_matrix_shows_who_holds_what_with_services_below_their_parents(reader, story):
    story.reports("courier", "whatsapp US refuses: WhatsApp refuses.\nmeta US complies: Meta complies.")
    story.reports("herald", PAUSES)
    page = reader.look("/matrix")
    assert page.rows() == [
        ["Meta", "complies (provisional) now", ""],
        ["WhatsApp", "refuses (provisional) now", ""],
        ["Zoom", "", "pauses (provisional) now"],
    ]
    assert page.link("pauses") == "/pairs/zoom/HK"
    assert page.main.xpath("string(.//th[@class='below'])").strip() == "WhatsApp"


def test_the_matrix_is_filtered_and_its_exports_take_the_same_filter(reader, story):
    story.reports("courier", "whatsapp US refuses: WhatsApp refuses.")
    story.reports("herald", PAUSES)
    page = reader.look("/matrix?stance=pauses")
    assert [row[0] for row in page.rows()] == ["Zoom"]
    assert "/exports/positions.csv?stance=pauses" in page.links
    assert "No position is like this" in reader.look("/matrix?company=zoom&authority=US").words
    assert reader.get("/matrix?stance=maybe").status == 422


def test_the_matrix_of_a_day_in_the_past_shows_what_was_in_force_then(reader, story, clock):
    first = clock()
    turned(story, clock)
    assert reader.look("/matrix").rows() == [["Zoom", "pauses now"]]
    assert reader.look(f"/matrix?as_of={first:%Y-%m-%d}").rows()[0][1].startswith("complies")
    before = first - timedelta(days=9)
    assert reader.look(f"/matrix?as_of={before:%Y-%m-%d}&stance=pauses").rows() in ([], [["Zoom", ""]])
    assert reader.get("/matrix?as_of=once").status == 422


# --- companies ---


def test_companies_are_found_by_name(reader, story):
    story.reports("courier", "whatsapp US refuses: WhatsApp refuses.")
    story.reports("herald", PAUSES)
    assert [row[:2] for row in reader.look("/companies").rows()] == [["WhatsApp of Meta", "1"], ["Zoom", "1"]]
    assert [row[0] for row in reader.look("/companies?q=zOO").rows()] == ["Zoom"]
    assert "No company with a known position" in reader.look("/companies?q=nobody").words


def test_a_company_shows_its_history_with_evidence_and_its_family(reader, story, clock):
    turned(story, clock)
    page = reader.look("/companies/zoom")
    assert page.rows()[0][:2] == ["Hong Kong", "pauses"]
    assert page.part("changes").index("has paused") < page.part("changes").index(
        "complies with data requests"
    )
    assert "Zoom hands data to Hong Kong's police." in page.part("changes")
    assert any(link.startswith("/captures/") for link in page.links)
    assert page.main.xpath("count(.//*[name()='rect'])") == 2
    assert "complies towards Hong Kong" in page.part("moved")  # the chart in words
    assert reader.look("/companies/meta").link("WhatsApp") == "/companies/whatsapp"
    assert reader.look("/companies/whatsapp").link("Meta") == "/companies/meta"


def test_a_baseline_is_marked(reader, story):
    story.shows("zoom-guide", "zoom * conditional: Zoom asks for a court order.")
    assert "baseline" in reader.look("/companies/zoom").part("changes")


@pytest.mark.parametrize(
    "path", ["/companies/nobody", "/companies/No%20One", "/pairs/zoom/QQ", "/pairs/nobody/HK"]
)
def test_what_nobody_knows_is_not_found(reader, path):
    assert reader.get(path).status == 404


# --- pairs ---


def test_a_pair_says_what_holds_it_what_does_not_count_and_who_was_told(reader, story, clock):
    turned(story, clock)
    story.reports("herald", "zoom HK refuses past: Zoom once refused.", path="/d")
    page = reader.look("/pairs/zoom/HK")
    assert "pauses since 2026-11-03" in page.part("now")
    stands = {row[2][:15]: row[3] for row in page.rows()}
    assert stands["Zoom once refus"] == "told as history"
    assert stands["Zoom hands data"] == "counts, and holds nothing now"
    assert stands["Zoom stopped ha"] == "holds it"
    assert "queued to d…@e…" in page.part("moved")
    assert [row[3] for row in reader.look("/pairs/zoom/HK?show=left-out").rows()] == ["told as history"]


def test_why_nobody_was_mailed_is_said(store, clock):
    choosy = config(Subscriber(email="desk@example.org", companies=("meta",)))
    story = Story(store, clock, choosy)
    story.reports("courier", PAUSES)
    story.shows("zoom-guide", "zoom US conditional: Zoom asks for a court order.")
    with served(store, choosy, clock) as site:
        browser = visitor(site, store, clock, Role.READER)
        assert "Not mailed: no subscriber asks" in browser.look("/pairs/zoom/HK").words
        assert "Not mailed: the first reading" in browser.look("/pairs/zoom/US").words


def test_admins_see_whole_addresses(site, store, story, clock):
    story.reports("courier", PAUSES)
    page = visitor(site, store, clock, Role.ADMIN).look("/pairs/zoom/HK")
    assert "queued to desk@example.org" in page.part("moved")


def test_rulings_on_a_pair_are_shown(reader, story, clock):
    story.reports("courier", PAUSES)
    with story.store.reading() as session:
        (said,) = queries.statements(session)
    ledger.post_verdict(
        story.store, said.id, "reject", who="ana", reason="a rumour", now=clock(), context=story.context
    )
    page = reader.look("/pairs/zoom/HK")
    assert "ana rejected a statement a rumour" in page.part("ruled")
    assert page.rows()[0][3] == "rejected by an analyst"
    assert "Nothing is in force" in page.part("now")


def test_long_lists_of_statements_are_paged(reader, story, clock):
    for n in range(30):
        clock.tick(hours=1)
        story.reports("courier", f"zoom HK pauses past: Zoom paused, told {n}.", path=f"/{n}")
    for show in ("all", "left-out"):
        page = reader.look(f"/pairs/zoom/HK?show={show}")
        rest = reader.look(page.link("Next page"))
        told = [row[2].partition("The Courier")[0] for row in (*page.rows(), *rest.rows())]
        assert told == [f"Zoom paused, told {n}." for n in reversed(range(30))]
    assert reader.get("/pairs/zoom/HK?after=nonsense").status == 400


# --- changes ---


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", 2), ("?company=zoom", 2), ("?company=meta", 0), ("?authority=hk", 2), ("?stance=complies", 2),
        ("?stance=pauses", 1), ("?kind=stance", 1), ("?kind=new", 1), ("?severity=major", 1), ("?status=confirmed", 1),
        ("?since=2026-11-02", 1), ("?until=2026-11-01", 1), ("?until=2026-10-31", 0), ("?baselines=true", 2),
        ("?company=&stance=&since=", 2),
    ],
)  # fmt: skip
def test_changes_are_filtered(reader, story, clock, asked, shown):
    turned(story, clock)
    page = reader.look(f"/changes{asked}")
    assert len(page.rows()) == shown, page.words
    feed = page.link("Atom feed")
    assert feed.startswith("/feeds/changes.atom")
    assert len(reader.look(feed.replace("/feeds/changes.atom", "/changes")).rows()) == shown


def test_a_filter_that_cannot_be_read_names_its_field(reader):
    seen = reader.get("/changes?since=yesterday")
    assert seen.status == 422
    assert "Since: " in seen.text


def test_one_change_is_shown_with_evidence_before_and_after(reader, story, clock):
    turned(story, clock)
    newest = change_ids(story)[0]
    page = reader.look(f"/changes/{newest[:12]}")
    assert "hands data to Hong Kong" in page.part("before")
    assert "stopped handling requests" in page.part("after")
    assert "queued" in page.part("told")
    assert {f"/changes/{newest}", "/pairs/zoom/HK"} <= set(page.links)
    assert reader.get("/changes/ffffffffffff").status == 404
    assert reader.get("/changes/not-an-id").status == 404


def test_the_wording_of_a_page_before_and_after_a_change_is_compared(reader, story, clock):
    story.shows("zoom-guide", "zoom HK conditional process=warrant: Zoom asks for a warrant.")
    clock.tick(days=1)
    story.shows("zoom-guide", "zoom HK refuses: Zoom refuses all of it.")
    page = reader.look(f"/changes/{change_ids(story)[0]}")
    compared = reader.look(page.link("Compare the page"))
    assert "Zoom asks for a warrant." in compared.part("wording")
    assert "Zoom refuses all of it." in compared.part("wording")
