"""Whose demand an act answers, in texts that name none, one or several. All invented."""

from __future__ import annotations

import pytest
from support.reading import unsifted

from extract.statements.pipeline import read_statements
from pipelines.evaluate import GoldDocument, document_to_read

CASES = (
    (None, "Google gave the FBI the records of two accounts.", {"US"}),
    (None, "Telegram refused to hand over the keys to the Russian security service.", {"RU"}),
    (None, "Skype told the judge in Mechelen that it cannot listen to the calls of its users.", {"BE"}),
    (
        None,
        "Telia gave the security services of Belarus and Uzbekistan access to its users' calls.",
        {"BY", "UZ"},
    ),
    (None, "Threema says that it will not hand over user data to any government.", {"*"}),
    (
        None,
        "Brazilian police asked for the chats in May. WhatsApp refused to hand over the messages.",
        {"BR"},
    ),
    (
        None,
        "HANOI, May 4 — Telegram refused to hand over the names of two users to the police, the company said.",
        {"VN"},
    ),
    (None, "POLICE IN INDIA ASKED FOR CHATS. WhatsApp refused to hand over the messages.", {"IN"}),
    (
        "dropbox",
        "We disclose user data to law enforcement only if we are served with a valid warrant.",
        {"*"},
    ),
    ("dropbox", "We give user data to police in Germany only on the order of a German court.", {"DE"}),
    (
        "proton",
        "The Indian government has ordered us to register our users. We have refused to comply with this order.",
        {"IN"},
    ),
)


@pytest.mark.parametrize(("site", "text", "codes"), CASES)
def test_the_authority_is_the_one_that_asks(site: str | None, text: str, codes: set[str]):
    document = document_to_read(GoldDocument(id="x", text=text, site=site))
    assert {s.authority for s in read_statements(document, unsifted())} == codes


def test_a_continent_is_no_country():
    document = document_to_read(
        GoldDocument(id="x", text="Facebook refused to give its data to judges in Latin America.")
    )
    assert "US" not in {s.authority for s in read_statements(document, unsifted())}
