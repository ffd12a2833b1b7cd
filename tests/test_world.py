"""The shipped companies.yml and authorities.yml: every country is there, and no name stands for two things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pycountry
import pytest
import spacy
from pydantic import TypeAdapter
from ruamel.yaml import YAML
from spacy.matcher import PhraseMatcher

from extract.knowledge import Agency, Authority, Company

CONFIG = Path(__file__).parent.parent / "config"

# Who has no adjective of its own here, and why.
WITHOUT_DEMONYM = {
    "AQ": "nobody lives there",
    "BV": "nobody lives there",
    "CG": "'Congolese' stands for DR Congo",
    "DM": "'Dominican' stands for the Dominican Republic",
    "GS": "nobody lives there",
    "HM": "nobody lives there",
    "SJ": "its people are told of as Norwegians",
    "TF": "nobody lives there",
    "UM": "nobody lives there",
    "VA": "the adjective is the name, Vatican",
}


def read(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((CONFIG / name).read_text("utf-8"))


@cache
def companies() -> tuple[Company, ...]:
    return TypeAdapter(tuple[Company, ...]).validate_python(read("companies.yml"))


@cache
def authorities() -> tuple[Authority, ...]:
    return TypeAdapter(tuple[Authority, ...]).validate_python(read("authorities.yml"))


def authority(code: str) -> Authority:
    return next(a for a in authorities() if a.code == code)


def names_of_bodies(bodies: Iterable[Agency]) -> Iterator[str]:
    for body in bodies:
        yield from (body.name, *body.aliases)


def names_of(item: Company | Authority) -> tuple[str, ...]:
    if isinstance(item, Company):
        return (item.name, *item.aliases)
    bodies = names_of_bodies((*item.agencies, *item.courts, *item.laws))
    capital = (item.capital,) if item.capital else ()
    return (item.name, *item.aliases, *item.demonyms, *capital, *item.places, *bodies)


def holders(named: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Names that occur more than once, each with all who hold it."""
    found: dict[str, list[str]] = defaultdict(list)
    for holder, names in named.items():
        for name in names:
            found[name].append(holder)
    return {name: who for name, who in found.items() if len(who) > 1}


def test_at_least_sixty_companies_carry_a_wikidata_identifier_of_their_own() -> None:
    identifiers = [c.wikidata for c in companies() if c.wikidata]
    assert len(identifiers) >= 60
    assert len(set(identifiers)) == len(identifiers)


def test_no_company_is_listed_twice() -> None:
    slugs = [c.id for c in companies()]
    assert sorted(set(slugs)) == sorted(slugs)


def test_every_parent_is_a_company_and_nobody_owns_itself() -> None:
    parents = {c.id: c.parent for c in companies()}
    assert {p for p in parents.values() if p} <= parents.keys()
    for slug in parents:
        owners, owner = [slug], parents[slug]
        while owner:
            assert owner not in owners, f"{slug} would own itself"
            owners.append(owner)
            owner = parents[owner]


def test_no_name_stands_for_two_companies() -> None:
    assert holders({c.id: names_of(c) for c in companies()}) == {}


def test_nobody_speaks_for_two_companies() -> None:
    assert holders({c.id: c.people for c in companies()}) == {}


def test_no_description_is_also_a_name() -> None:
    names = {name for c in companies() for name in names_of(c)}
    assert not names.intersection(d for c in companies() for d in c.descriptions)


def test_every_country_and_the_union_is_there_once() -> None:
    codes = [a.code for a in authorities()]
    assert sorted(codes) == sorted([*(country.alpha_2 for country in pycountry.countries), "EU"])


def test_every_authority_has_an_adjective_unless_there_is_a_reason() -> None:
    assert {a.code for a in authorities() if not a.demonyms} == set(WITHOUT_DEMONYM)


def test_no_name_stands_for_two_authorities_or_twice_for_one() -> None:
    assert holders({a.code: names_of(a) for a in authorities()}) == {}


def test_no_company_is_called_like_an_authority() -> None:
    taken = {name for a in authorities() for name in names_of(a)}
    called = {name for c in companies() for name in (*names_of(c), *c.people)}
    assert taken & called == set()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("US", "FBI"),
        ("US", "NSA"),
        ("US", "DOJ"),
        ("US", "Department of Justice"),
        ("RU", "FSB"),
        ("RU", "Roskomnadzor"),
        ("GB", "GCHQ"),
        ("GB", "NCA"),
        ("IN", "CBI"),
        ("IN", "CERT-In"),
        ("HK", "Hong Kong Police"),
        ("EU", "Europol"),
    ],
)
def test_the_agency_stands_for_its_country(code: str, name: str) -> None:
    assert name in set(names_of_bodies(authority(code).agencies))


@pytest.mark.parametrize(
    "name", ["us", "Supreme Court", "High Court", "government", "police", "Punjab", "Victoria", "AFP"]
)
def test_what_would_fit_several_or_none_is_left_out(name: str) -> None:
    assert name not in {n for a in authorities() for n in names_of(a)}


@pytest.mark.parametrize(
    ("code", "name"),
    [("NO", "Norway"), ("GE", "Georgia"), ("TR", "Turkey"), ("KR", "South Korea"), ("RU", "Russia")],
)
def test_countries_bear_the_name_that_readers_know(code: str, name: str) -> None:
    assert authority(code).name == name


@cache
def authority_matcher() -> tuple[spacy.language.Language, PhraseMatcher]:
    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab)
    for item in authorities():
        matcher.add(item.code, [nlp.make_doc(name) for name in names_of(item)])
    return nlp, matcher


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("They told us that nothing was handed over.", set()),
        ("The US asked, and so did U.S. agents and the U.K. police.", {"US", "GB"}),
        ("CERT-In and India's IT ministry asked.", {"IN"}),
        ("Police in Northern Ireland asked.", {"GB"}),
        ("A court in Papua New Guinea asked.", {"PG"}),
        ("North Korean officials asked.", {"KP"}),
        ("The Guinea-Bissau authorities asked.", {"GW"}),
        ("A judge in New Jersey asked.", {"US"}),
        ("Côte d'Ivoire and Türkiye asked.", {"CI", "TR"}),
    ],
)
def test_names_are_found_as_the_tokenizer_splits_them(text: str, codes: set[str]) -> None:
    nlp, matcher = authority_matcher()
    doc = nlp(text)
    longest = spacy.util.filter_spans(matcher(doc, as_spans=True))
    assert {span.label_ for span in longest} == codes
