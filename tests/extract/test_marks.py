"""Sentences as the encoder reads them: signs for the names it is asked about and for others like them."""

from support.reading import shipped

from extract.statements.examples import document_of
from extract.statements.pipeline import prepare


def questions(text, **of):
    return list(prepare(shipped()).questions(document_of(text, **of)))


def test_the_company_asked_about_and_the_others_have_a_sign_each():
    (asked,) = questions(
        "Proton gave the Swiss police the address, but WhatsApp refused to hand over the data."
    )
    assert asked.stances["proton"].sentence == (
        "@ gave the Swiss police the address, but # refused to hand over the data."
    )
    assert asked.stances["whatsapp"].sentence == (
        "# gave the Swiss police the address, but @ refused to hand over the data."
    )


def test_the_sentence_before_is_read_with_the_same_signs():
    asked = questions("Proton got an order from the police. Unlike Tuta, it refused to hand over the data.")[
        -1
    ]
    assert asked.stances["tuta"].before == "# got an order from the police."


def test_an_authority_s_names_have_a_sign_in_the_sentence_and_in_all_that_stands_before_it():
    asked = questions(
        "Police in Brazil asked Telegram for data. Chile waited. Telegram refused to hand over data to the Brazilian police."
    )[-1]
    assert asked.whose["BR"].sentence == "Telegram refused to hand over data to the @ police."
    assert asked.whose["BR"].before == "Police in @ asked Telegram for data. # waited."


def test_a_page_of_the_company_s_own_says_so():
    (own,) = questions("We refuse to hand over data to the police.", site="proton")
    (press,) = questions("Proton refused to hand over data to the police.")
    assert own.stances["proton"].pair[0].startswith("we are Proton")
    assert press.stances["proton"].pair[0].startswith("Proton")
