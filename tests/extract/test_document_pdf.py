"""PDF and plain text: paragraphs come back from lines; no text is told as such, with the reason."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from support.captures import capture

from extract.document.outcome import judge_page
from extract.document.page import UnreadableError
from extract.document.pdf import paragraphs_of
from extract.document.read import read_document, read_page
from extract.types import Capture, Outcome, SourceKind

GUIDE = [
    "1. What we need",
    "We disclose the content of an account only in response to a search war-",
    "rant that a judge has signed. We tell the person whose account it is before",
    "we do so, unless the judge forbids it.",
    "A letter must name:",
    "• the account and the office that asks",
    "• the law on which the office rests its",
    "demand",
    "2. Emergencies",
    "We answer at night if a life is in danger.",
]


RULE = "We disclose the content of an account only in response to a search warrant that a judge has signed."


def pdf(pages: list[list[str]], title: str = "", encrypt: str | None = None) -> bytes:
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4, invariant=True)
    canvas.setTitle(title)
    for number, lines in enumerate(pages, 1):
        for place, line in enumerate(["Lumora Ltd - Guide", *lines, f"Page {number} of {len(pages)}"]):
            canvas.drawString(50, 800 - 16 * place, line)
        canvas.showPage()
    canvas.save()
    if not encrypt:
        return made.getvalue()
    writer = PdfWriter(PdfReader(BytesIO(made.getvalue())))
    writer.encrypt(encrypt, algorithm="RC4-128")
    locked = BytesIO()
    writer.write(locked)
    return locked.getvalue()


def at(body: bytes, media_type: str = "application/pdf") -> Capture:
    return capture(
        body,
        url="https://lumora.example/guide.pdf",
        kind=SourceKind.PAGE,
        headers={"content-type": media_type},
    )


def test_lines_become_paragraphs_and_running_heads_go() -> None:
    document = read_document(at(pdf([GUIDE, GUIDE[3:4] * 2, ["The end of it."]], "Guide for authorities")))
    assert document.title == "Guide for authorities"
    parts = [document.text[a:b] for a, b in document.paragraphs]
    assert parts[:4] == [
        "Guide for authorities",
        "1. What we need",
        f"{RULE} We tell the person whose account it is before we do so, unless the judge forbids it.",
        "A letter must name:",
    ]
    assert "- the law on which the office rests its demand" in parts
    assert "We answer at night if a life is in danger." in parts
    assert "Lumora Ltd" not in document.text
    assert "Page" not in document.text


def test_a_pdf_is_known_by_its_bytes() -> None:
    assert "search warrant" in read_document(at(pdf([GUIDE]), "text/html")).text


def test_an_encrypted_pdf_is_empty_and_says_so() -> None:
    body = pdf([GUIDE], encrypt="secret")
    page = read_page(at(body))
    assert judge_page(at(body), page) == (Outcome.EMPTY, "the PDF is encrypted")


def test_a_pdf_that_anyone_may_open_is_read() -> None:
    writer = PdfWriter(PdfReader(BytesIO(pdf([GUIDE]))))
    writer.encrypt("", "owner", algorithm="RC4-128")
    made = BytesIO()
    writer.write(made)
    assert "search warrant" in read_document(at(made.getvalue())).text


def test_a_pdf_of_pictures_is_empty_and_says_so() -> None:
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    canvas.rect(10, 10, 100, 100)
    canvas.showPage()
    canvas.save()
    page = read_page(at(made.getvalue()))
    assert judge_page(at(made.getvalue()), page) == (
        Outcome.EMPTY,
        "the PDF holds pictures of its 1 pages, no text",
    )


@pytest.mark.parametrize("body", [b"%PDF-1.7", b"%PDF-1.7 \x00\x01 nonsense " * 50, pdf([GUIDE])[:400]])
def test_a_torn_pdf_is_an_error_with_words(body: bytes) -> None:
    try:
        page = read_page(at(body))
    except UnreadableError as error:
        assert "not a readable PDF" in error.reason  # noqa: PT017 - one of two honest answers
    else:
        assert page.document is None


def test_paragraphs_of_nothing_are_none() -> None:
    assert list(paragraphs_of([])) == []


def test_plain_text_is_read_by_its_blank_lines() -> None:
    body = "As of 1 November 2026\r\nLumora has received no secret orders.\r\n\r\nWe promise:\n- no keys\n- no back doors,\n  ever\n"
    document = read_document(capture(body, kind=SourceKind.PAGE, headers={"content-type": "text/plain"}))
    assert (
        document.text
        == "As of 1 November 2026 Lumora has received no secret orders.\n\nWe promise:\n- no keys\n- no back doors, ever"
    )


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "text/html"),
        (zlib.compress(b"x" * 999), "application/octet-stream"),
        (b"<rss><channel/></rss>", "text/xml"),
    ],
)
def test_what_is_no_text_is_told_as_such(body: bytes, media_type: str) -> None:
    with pytest.raises(UnreadableError, match="not a text to read"):
        read_page(capture(body, headers={"content-type": media_type}))


def test_dates_of_a_pdf_are_its_own_if_plausible() -> None:
    writer = PdfWriter(PdfReader(BytesIO(pdf([GUIDE]))))
    writer.add_metadata({"/CreationDate": "D:20260301120000+01'00'", "/ModDate": "D:20990101000000Z"})
    made = BytesIO()
    writer.write(made)
    document = read_document(at(made.getvalue()))
    assert document.published == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert document.modified is None
    assert "2099" in document.quarantined[0]
