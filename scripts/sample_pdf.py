"""Writes the PDF page of the sample sites: `python scripts/sample_pdf.py`. The same bytes every time."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

PAGE = A5
TARGET = Path(__file__).parents[1] / "config/demo/sites/day1/ferrant/guide.pdf"
TEXT = (
    ("Title", "Guide for law enforcement"),
    (
        "Normal",
        (
            "Ferrant Telecom runs telephone lines and masts in Valdoria and Corvania. This guide tells officers how to "
            "reach us, what we hold, and what a request must bring."
        ),
    ),
    ("Heading2", "1. What we hold"),
    (
        "Normal",
        (
            "For each line we hold the name and address of the subscriber and the bills of the last ninety days. We hold no "
            "recordings of calls. The position of a handset is known to the network while it is switched on, and forgotten afterwards."
        ),
    ),
    ("Heading2", "2. What we need"),
    (
        "Normal",
        (
            "We disclose the location of a handset to law enforcement only with a search warrant. We disclose the name and "
            "address of a subscriber in response to a subpoena."
        ),
    ),
    (
        "Normal",
        (
            "A request must bear the seal of the office that sends it, the number of the line, and the name of an officer "
            "whom we can call back."
        ),
    ),
    ("Heading2", "3. Telling the subscriber"),
    (
        "Normal",
        (
            "The subscriber gets a letter from us once the investigation is closed. Officers who need more time say so in "
            "their request."
        ),
    ),
    ("Heading2", "4. Where to write"),
    (
        "Normal",
        (
            "Requests go to Ferrant Telecom, Court Desk, 11 Mast Road, Port Elian. The desk is staffed on working days from "
            "eight to five. At night the operator of the switchboard takes messages."
        ),
    ),
    ("Heading2", "5. Costs"),
    (
        "Normal",
        (
            "The first ten requests of a month are free of charge. For each further one we send a bill of forty crowns, and "
            "we have been told that it is read with interest."
        ),
    ),
)


def _furniture(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(40, PAGE[1] - 40, "Ferrant Telecom - Guide for law enforcement")
    canvas.drawString(40, 36, f"Ferrant Telecom, a sample company of stancewatch - page {document.page}")


def main() -> None:
    """Write the file."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    styles = getSampleStyleSheet()
    story = []
    for style, text in TEXT:
        story += [Paragraph(text, styles[style]), Spacer(1, 14)]
    SimpleDocTemplate(
        str(TARGET),
        pagesize=PAGE,
        leftMargin=40,
        rightMargin=40,
        title="Guide for law enforcement",
        author="Ferrant Telecom, Court Desk",
        invariant=1,
    ).build(story, onFirstPage=_furniture, onLaterPages=_furniture)


if __name__ == "__main__":
    main()
