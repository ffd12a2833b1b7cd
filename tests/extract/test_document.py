"""How bodies become text: what a reader sees, whatever charset, depth and characters it came in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import fragment_fromstring
from support.captures import capture

from extract.document.address import canonical, is_root, registered_host
from extract.document.blocks import blocks_of, clean
from extract.document.compose import compose
from extract.document.fingerprint import PERMUTATIONS, fingerprint
from extract.document.language import content_language, language_tag
from extract.document.page import UnreadableError
from extract.document.read import read_document, read_page
from extract.types import Document, Hints, SourceKind

SENTENCE = "Lumora said “no” to the police – and the café’s Wi-Fi password stays where it was, too. "
LONG = SENTENCE * 6


def blocks(markup: str) -> list[str]:
    return list(blocks_of(fragment_fromstring(f"<div>{markup}</div>")))


@given(st.text())
def test_clean_text_holds_nothing_that_a_reader_cannot_see(text: str) -> None:
    found = clean(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") for c in found)
    assert found == found.strip() == clean(found) == unicodedata.normalize("NFC", found)
    assert "  " not in found


@given(st.lists(st.text().map(clean), max_size=8), st.one_of(st.none(), st.text()))
def test_paragraphs_and_blank_lines_make_the_whole_text(parts: list[str], headline: str | None) -> None:
    made = compose(parts, headline)
    assert "\n\n".join(made.text[a:b] for a, b in made.paragraphs) == made.text
    assert made.text.startswith(clean(headline or ""))
    assert made.text[: made.headline] == clean(headline or "")


def test_the_headline_is_not_doubled_when_it_stands_below_a_kicker() -> None:
    made = compose(["Technology", "LUMORA  says no", "Body text."], "Lumora says no")
    assert made.text == "Lumora says no\n\nTechnology\n\nBody text."


def test_items_are_lines_of_one_paragraph_and_rows_are_paragraphs() -> None:
    markup = "<p>We need:</p><ul><li>a <b>warrant</b></li><li><p>a seal</p><ol><li>red</li></ol></li></ul><table><tr><td>US</td><td>4</td></tr></table>"
    assert blocks(markup) == ["We need:", "- a warrant\n- a seal\n- red", "US | 4"]


def test_cells_that_lay_out_a_page_are_read_as_its_parts() -> None:
    assert blocks("<table><tr><td>Menu</td><td><h1>News</h1><p>One.</p><p>Two.</p></td></tr></table>") == [
        "Menu",
        "News",
        "One.",
        "Two.",
    ]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("The company gave<br>nothing.", ["The company gave nothing."]),
        ("First line.<br>Second line.", ["First line.", "Second line."]),
        ("Legal Desk<br>4 Quay Street<br>Port Elian", ["Legal Desk", "4 Quay Street", "Port Elian"]),
    ],
)
def test_a_line_break_inside_a_sentence_is_a_space(markup: str, expected: list[str]) -> None:
    assert blocks(f"<p>{markup}</p>") == expected


@pytest.mark.parametrize("kind", [SourceKind.FEED, SourceKind.PAGE])
@pytest.mark.parametrize("label", ["utf-8", "iso-8859-1", "windows-1252", None])
@pytest.mark.parametrize("real", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_text_is_right_whatever_charset_the_server_claims(
    kind: SourceKind, label: str | None, real: str
) -> None:
    page = f"<!doctype html><html lang=en><title>Lumora</title><article><h1>Lumora</h1><p>{LONG}</p></article></html>"
    content_type = f"text/html; charset={label}" if label else "text/html"
    document = read_document(capture(page.encode(real), kind=kind, headers={"content-type": content_type}))
    assert SENTENCE.strip() in document.text


def test_a_page_nested_deeper_than_the_parser_follows_is_no_document() -> None:
    page = f"<html><body><article><p>{LONG}</p>{'<span>' * 4000}Lumora gave in.{'</span>' * 4000}</article></body></html>"
    with pytest.raises(UnreadableError, match="nested deeper"):
        read_page(capture(page))


def test_a_body_hidden_until_a_script_runs_is_read_all_the_same() -> None:
    page = f"<html lang=en><body style='opacity:0'><div style='display:none' id=app><main><h1>Lumora</h1><p>{LONG}</p></main></div></body></html>"
    assert SENTENCE.strip() in read_document(capture(page, kind=SourceKind.PAGE)).text


def test_a_watched_page_keeps_its_sentences_when_its_markup_changes() -> None:
    sentences = [
        f"Rule {n}: we tell the person concerned within {n + 2} days after the warrant came in."
        for n in range(30)
    ]
    plain = "".join(f"<p>{s}</p>" for s in sentences)
    panels = "".join(
        f'<section class="accordion-item panel"><h2>Part {n}</h2><div class="content"><p>{s}</p></div></section>'
        for n, s in enumerate(sentences)
    )
    divs = "".join(f'<div class="sidebar widget"><div>{s}</div></div>' for s in sentences)
    for markup in (plain, panels, divs, f"<table><tr><td>{plain}</td></tr></table>"):
        page = f"<html lang=en><title>Guide</title><body><nav>Home</nav><div class=wrap><h1>Guide</h1>{markup}</div><footer>Lumora</footer></body></html>"
        text = read_document(capture(page, kind=SourceKind.PAGE, url="https://lumora.example/guide")).text
        assert [s for s in sentences if s not in text] == []
        assert "Home" not in text


def test_hints_fill_what_a_page_does_not_say() -> None:
    page = f"<html lang=en><body><article><p>{LONG}</p></article></body></html>"
    document = read_document(
        capture(page, hints=Hints(title="Lumora says no", author="Ida Brenner"), publisher="The Courier")
    )
    assert (document.title, document.author, document.publisher) == (
        "Lumora says no",
        "Ida Brenner",
        "The Courier",
    )
    assert document.text.startswith("Lumora says no\n\n")


@pytest.mark.parametrize(
    ("claim", "found", "expected"),
    [
        ("/a/b?utm_source=x", "https://www.c.example/a/b?fbclid=1", "https://www.c.example/a/b"),
        ("https://c.example/a/b", "https://www.c.example/a/b?x=1", "https://c.example/a/b"),
        ("https://other.example/a/b", "https://c.example/a/b#top", "https://c.example/a/b"),
        ("https://c.example/", "https://c.example/a/b", "https://c.example/a/b"),
        ("javascript:alert(1)", "https://c.example/a/b", "https://c.example/a/b"),
        ("https://user@c.example/a", "https://c.example/a/b", "https://c.example/a/b"),
        ("https://victim.github.io/a", "https://evil.github.io/a", "https://evil.github.io/a"),
        ("http://[broken", "https://c.example/a/b", "https://c.example/a/b"),
        (
            "http://courier.localhost:8090/s",
            "http://courier.localhost:8090/s?id=4",
            "http://courier.localhost:8090/s",
        ),
    ],
)
def test_a_page_may_only_claim_an_address_of_its_own_site(claim: str, found: str, expected: str) -> None:
    assert canonical([claim], found) == expected


def test_hosts_are_compared_by_what_somebody_registered() -> None:
    assert (
        registered_host("https://news.bbc.co.uk/x") == registered_host("http://www.bbc.co.uk") == "bbc.co.uk"
    )
    assert registered_host("http://courier.localhost:80/") != registered_host("http://ledger.localhost:80/")
    assert registered_host("http://127.0.0.1/") == "127.0.0.1"
    assert is_root("https://c.example/en-gb/index.html")
    assert not is_root("https://c.example/?p=12")


def test_a_wire_copy_is_told_from_another_report() -> None:
    text = " ".join(f"word{n * 7 % 211} said{n}" for n in range(150))
    copy = text.replace("said40 ", "told40 ").replace("said90 ", "")
    other = " ".join(f"word{n * 5 % 211} wrote{n}" for n in range(150))
    a, b, c = fingerprint(text), fingerprint(copy), fingerprint(other)
    assert len(a) == PERMUTATIONS
    assert sum(x == y for x, y in zip(a, b, strict=True)) / PERMUTATIONS > 0.6
    assert sum(x == y for x, y in zip(a, c, strict=True)) / PERMUTATIONS < 0.1
    assert fingerprint("Too short to tell.") == ()


def test_language_is_read_from_the_text_and_only_if_there_is_enough() -> None:
    assert content_language(LONG) == "en"
    assert (
        content_language(
            "Die Firma gibt der Polizei keine Daten ihrer Kunden heraus, sagte ein Sprecher am Montag. " * 4
        )
        == "de"
    )
    assert content_language("No.") is None
    assert (language_tag("en-GB"), language_tag("x-default"), language_tag(None)) == ("en", None, None)


TAGS = st.sampled_from(["p", "div", "li", "h2", "td", "span", "blockquote", "pre"])


@given(
    st.lists(st.tuples(TAGS, st.text(max_size=60)), max_size=12),
    st.text(max_size=40),
    st.sampled_from([SourceKind.FEED, SourceKind.PAGE]),
)
def test_any_page_gives_final_text_or_a_reason(
    parts: list[tuple[str, str]], title: str, kind: SourceKind
) -> None:
    inner = "".join(f"<{tag}>{text}</{tag}>" for tag, text in parts)
    page = f"<html><title>{title}</title><body><article>{inner}<p>{LONG}</p></article></body></html>"
    document: Document | None
    try:
        document = read_page(capture(page.encode("utf-8", "surrogatepass"), kind=kind)).document
    except UnreadableError as error:
        assert error.reason  # noqa: PT017 - one of two honest answers
        return
    if document is None:
        return
    assert "\n\n".join(document.text[a:b] for a, b in document.paragraphs) == document.text
    assert all(clean(line) == line for line in document.text.split("\n"))
    assert len(document.id) == 64
