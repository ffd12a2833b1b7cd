"""What companies, authorities and stance rules must look like: the shape of the YAML under config/.

Pydantic only checks shape here; `pipelines.config` reads the files and turns a fault into file and line.
A loaded `Knowledge` is frozen and pickles, so that worker processes get their own copy.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from extract.types import Stance, Time

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
AuthorityCode = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|\*)$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


class Shape(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Shape):
    """A company, or a service of one (then `parent` is set), whose stance is followed."""

    id: Slug = Field(description="the slug that statements carry, for ever")
    name: Name
    aliases: tuple[Name, ...] = Field((), description="other spellings, legal names, former names")
    parent: Slug | None = Field(None, description="the company that owns this service or company")
    wikidata: Annotated[str, StringConstraints(pattern=r"^Q[1-9]\d*$")] | None = None
    ambiguous: bool = Field(
        False, description="the name is also a word or another thing (Signal, Line, X): read only where it is the company"
    )
    descriptions: tuple[Name, ...] = Field(
        (), description="what texts call it instead of its name, without article: messaging app, search giant"
    )
    based_in: tuple[Name, ...] = Field((), description="places of 'the Redmond-based company'")
    people: tuple[Name, ...] = Field((), description="founders and chiefs whose words count for the company")


class Agency(Shape):
    """A public body, court or law that stands for an authority."""

    name: Name
    aliases: tuple[Name, ...] = ()


class Authority(Shape):
    """A country (or the EU) with every name under which its demands are told."""

    code: AuthorityCode
    name: Name
    aliases: tuple[Name, ...] = ()
    demonyms: tuple[Name, ...] = Field((), description="adjectives and nouns for its people: Indian, Indians")
    capital: Name | None = Field(None, description="stands for the government: Moscow, Beijing")
    places: tuple[Name, ...] = Field((), description="states, regions and cities that place an authority")
    agencies: tuple[Agency, ...] = ()
    courts: tuple[Agency, ...] = ()
    laws: tuple[Agency, ...] = ()


class Expected(Shape):
    """What an example must give; what is left out is not compared."""

    company: Slug
    authority: AuthorityCode | None = None
    stance: Stance | None = Field(None, description="only where it is not the stance of the file")
    time: Time = Time.NOW


class Fires(Shape):
    """An example sentence that must give these statements through this rule."""

    text: str
    gives: tuple[Expected, ...] = Field(min_length=1)
    site: Slug | None = Field(None, description="read as this company's own page")


class Silent(Shape):
    """An example sentence that must give no statement of this stance, and why."""

    text: str
    because: str
    site: Slug | None = None


TokenPattern = tuple[dict[str, Any], ...]


class StanceRule(Shape):
    """One rule: spaCy token patterns (or dependency patterns) for an act, with examples beside it.

    `act` names the row of the decision table in `acts.yml` that turns the act into a stance, given polarity,
    modality and time. The patterns mark the act's own words only; subject, object, authority and scope are
    found by the pipeline.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z0-9-]+$")]
    why: str
    patterns: tuple[TokenPattern, ...] = Field(min_length=1, description="spaCy Matcher token patterns, passed on unchanged")
    time: Time | None = None
    fires: tuple[Fires, ...] = Field(min_length=1)
    silent: tuple[Silent, ...] = Field(min_length=1)


class StanceRules(Shape):
    """One file config/stances/<stance>.yml."""

    stance: Stance
    meaning: str
    rules: tuple[StanceRule, ...]


class Lexicon(Shape):
    """Word classes that rules and scope decisions share (config/lexicon.yml): name → words or phrases."""

    classes: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]*$")], tuple[Name, ...]]


class Knowledge(Shape):
    """All that the extractor knows of the world. `version` is the digest of what was loaded."""

    companies: tuple[Company, ...]
    authorities: tuple[Authority, ...]
    stances: tuple[StanceRules, ...]
    lexicon: Lexicon
    version: str = ""

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        slugs = [c.id for c in self.companies]
        for what, ids in (
            ("company id", slugs),
            ("authority code", [a.code for a in self.authorities]),
            ("stance", [str(s.stance) for s in self.stances]),
            ("rule id", [r.id for s in self.stances for r in s.rules]),
        ):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ValueError(f"{what} given twice: {', '.join(twice)}")
        for company in self.companies:
            if company.parent and company.parent not in slugs:
                raise ValueError(f"company {company.id}: parent {company.parent!r} is no company of this file")
        return self

    def company(self, slug: str) -> Company | None:
        """The company of this slug, or None if config does not list it."""
        return next((c for c in self.companies if c.id == slug), None)


Facet = Literal["process", "data", "offence", "notice"]
