"""Who says what to whose demand, phenomenon by phenomenon: each test is named after what English does."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from support.reading import said, shipped, stances, statements

from extract.statements.examples import document_of
from extract.statements.pipeline import prepare, read_statements


@pytest.mark.parametrize(
    "text",
    [
        "Activists urged Google to stop complying with requests from the Hong Kong police.",
        "Lawmakers want Apple to hand over the data to the FBI.",
        "The court ordered WhatsApp to hand over the messages to the police.",
        "Twitter was told to give the police the account data.",
        "Telegram must hand over encryption keys to the FSB.",
        "If Apple refuses to unlock the phone for the FBI, it could be fined.",
        "Would Google give user data to the Chinese government?",
        "Whether Zoom will comply with requests from the Hong Kong police is unclear.",
        "Microsoft could hand over the e-mails to the FBI.",
        "Analysts expect Telegram to comply with the demands of the Russian government.",
        "The police asked Signal for the messages of two users.",
        "Apple declined to comment on the request of the FBI.",
        "Google did not respond to a request for comment about the government's demand.",
        "Twitter complied with a request of the Indian government to remove tweets.",
        "Apple removed an app that let protesters track the police of Hong Kong.",
        "Facebook handed user data to advertisers, the regulator found.",
        "The European Commission rejected the request of Apple for more time.",
    ],
)
def test_what_nobody_has_done_or_is_another_topic_gives_nothing(text: str):
    assert said(text) == set()


@pytest.mark.parametrize(
    ("text", "company", "stance"),
    [
        ("Telegram has refused to hand over encryption keys to the FSB.", "telegram", "refuses"),
        ("WhatsApp did not give the messages to the Brazilian police.", "whatsapp", "refuses"),
        ("Apple denied that it had given user data to the NSA.", "apple", "refuses"),
        ("No user data was handed over to the police by Signal.", "signal", "refuses"),
        ("Google has no plans to give user data to the Russian authorities.", "google", "refuses"),
        ("Twitter is unwilling to comply with the order of the Indian government.", "twitter", "refuses"),
        ("At no time did Zoom give user data to the Chinese government.", "zoom", "refuses"),
        ("Google agreed to hand over user data to the Indian police.", "google", "complies"),
        ("Yahoo has handed e-mails over to the Chinese authorities.", "yahoo", "complies"),
        ("User data was handed over to the FBI by Reddit.", "reddit", "complies"),
        ("Signal said it was unable to give the FBI any messages.", "signal", "unable"),
        ("Apple cannot unlock the phone for the FBI.", "apple", "unable"),
        ("Twitter has stopped processing requests from the Russian authorities.", "twitter", "pauses"),
        ("Zoom put requests from the Hong Kong police on hold.", "zoom", "pauses"),
        ("LinkedIn is studying the security law of Hong Kong.", "linkedin", "reviewing"),
        ("Microsoft provides customer data to police only with a warrant.", "microsoft", "conditional"),
        ("WhatsApp has sued the Indian government over the new rules.", "whatsapp", "challenges"),
        ("ExpressVPN removed its servers from India over the data law.", "expressvpn", "withdraws"),
    ],
)
def test_polarity_modality_and_act_make_the_stance(text: str, company: str, stance: str):
    assert stances(text) == {(company, stance)}


@pytest.mark.parametrize(
    "text",
    [
        "Telegram did not refuse to hand over user data to the police.",
        "Zoom denied that it had refused the request of the Hong Kong police.",
    ],
)
def test_double_negation_is_no_refusal(text: str):
    assert "refuses" not in {stance for _, stance in stances(text)}


def test_a_pronoun_stands_for_the_subject_before_it():
    assert said("Telegram got an order of a Russian court. It refused to hand over the keys to the FSB.") == {
        ("telegram", "RU", "refuses", "now")
    }


def test_a_description_stands_for_the_company_in_focus():
    text = "Zoom answered reporters on Monday. The company will not comply with requests from the Hong Kong police."
    assert ("zoom", "HK", "refuses", "now") in said(text)


def test_several_companies_share_one_act():
    assert stances("Google, Twitter and Reddit refused to hand over user data to the Hong Kong police.") == {
        ("google", "refuses"), ("twitter", "refuses"), ("reddit", "refuses"),
    }  # fmt: skip


def test_who_is_left_out_of_a_list_has_no_part_in_the_act():
    found = stances(
        "Google and Twitter, but not Zoom, refused to hand over user data to the Hong Kong police."
    )
    assert ("zoom", "refuses") not in found
    assert ("google", "refuses") in found


def test_we_in_a_quotation_is_the_speaker():
    assert stances('"We will not hand over any messages to the Indian government," WhatsApp said.') == {
        ("whatsapp", "refuses")
    }


def test_we_on_a_companys_own_page_is_the_company_and_the_authority_is_anybody():
    page = "We disclose the content of messages to law enforcement only with a search warrant."
    (found,) = statements(page, site="dropbox")
    assert (found.company, found.authority, found.stance) == ("dropbox", "*", "conditional")
    assert found.facets.as_dict() == {"process": ["warrant"], "data": ["content"]}


@pytest.mark.parametrize(
    "text",
    [
        "We share your information with our advertising partners.",
        "You may ask us to delete your personal data; we respond to your request within 30 days.",
        "We comply with applicable data protection law, including the GDPR.",
        "We transfer personal data to the United States.",
        "You may lodge a complaint with a supervisory authority in the European Union.",
    ],
)
def test_what_a_policy_says_of_its_customers_gives_nothing(text: str):
    assert said(text, site="dropbox") == set()


def test_an_old_year_or_a_word_of_the_past_makes_it_history():
    published = datetime(2026, 3, 1, tzinfo=UTC)
    for text in ("In 2013 Yahoo gave user data to the NSA.", "Yahoo previously gave user data to the NSA."):
        assert said(text, published=published) == {("yahoo", "US", "complies", "past")}


def test_what_had_been_said_before_the_news_is_its_background():
    text = "Only on Sunday Yahoo had announced that it helps the Indian police. Now it refuses to give user data to the Indian police."
    assert said(text) == {("yahoo", "IN", "complies", "past"), ("yahoo", "IN", "refuses", "now")}


def test_authorities_in_one_text_are_kept_apart():
    text = "Google gave user data to the Indian police. It refused to give user data to the Russian police."
    assert said(text) == {("google", "IN", "complies", "now"), ("google", "RU", "refuses", "now")}


def test_the_authority_is_carried_over_from_the_text():
    text = "A law took effect in Hong Kong on Monday.\n\nTwitter will not comply with requests from the authorities."
    assert said(text) == {("twitter", "HK", "refuses", "now")}


def test_evidence_is_the_exact_text_at_its_place():
    text = "  • Nothing new.\n  • Twitter has refused to hand over user data to the FBI.\n\nMore."
    (found,) = statements(text)
    assert (
        text[found.start : found.end]
        == found.evidence
        == "Twitter has refused to hand over user data to the FBI."
    )


def test_an_ambiguous_name_is_read_only_where_it_is_the_company():
    assert stances("Signal refused to hand over messages to the FBI.") == {("signal", "refuses")}
    assert said("The signal was weak, and it refused to hand over to the police radio.") == set()


def test_two_knowledges_in_one_process_do_not_disturb_each_other():
    shorter = shipped().model_copy(
        update={"companies": tuple(c for c in shipped().companies if c.id != "twitter")}
    )
    document = document_of("Twitter has refused to hand over user data to the FBI.")
    for _ in range(2):
        assert read_statements(document, shorter) == ()
        assert [s.company for s in read_statements(document, shipped())] == ["twitter"]
    assert prepare(shipped()) is prepare(shipped())


def test_an_empty_or_odd_text_gives_nothing_and_breaks_nothing():
    for text in ("", "\n\n\n", "…", "refuse request", "“”", "police " * 5000):
        assert said(text) == set()


def test_the_nouns_and_the_knowledge_do_not_import_spacy():
    code = "import sys, extract.types, extract.knowledge; raise SystemExit('spacy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
