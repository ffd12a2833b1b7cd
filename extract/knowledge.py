"""What companies, authorities and stance rules must look like: the shape of the YAML under config/.

Pydantic only checks shape here; `pipelines.config` reads the files and turns a fault into file and line.
A loaded `Knowledge` is frozen and pickles, so that worker processes get their own copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from extract.types import Stance, Time

SLUG, AUTHORITY_CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$", r"^([A-Z]{2}|\*)$"
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
AuthorityCode = Annotated[str, StringConstraints(pattern=AUTHORITY_CODE)]
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
        False,
        description="the name is also a word or another thing (Signal, Line, X): read only where it is the company",
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


Act = Literal[
    "give", "answer", "deny", "stop", "contest", "weigh", "leave", "hold", "require", "channel", "receive"
]
Reading = Literal["done", "not_done", "not_able", "until", "on_condition", "will_not"]
ClassName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]*$")]


class ActWords(Shape):
    """Words of one act that take the same objects; an act has several such groups, and a word may be in more than one.

    An entry is a lemma, with particles or a preposition of its own after it ("hand over", "comply with").
    `objects` are lexicon classes, one of which must stand in the act's object. `bare` words need no object in
    their clause if the sentence or its neighbour speaks of a demand ("Zoom refused").
    """

    verbs: tuple[Name, ...] = ()
    nouns: tuple[Name, ...] = ()
    objects: tuple[ClassName, ...] = Field(min_length=1)
    bare: tuple[Name, ...] = ()
    negated: bool = Field(False, description="says by itself that it is not done: lack, leave empty-handed")
    of_subject: bool = Field(
        False,
        description="what it is done to is the subject: data goes to the police, requests go unanswered",
    )

    @model_validator(mode="after")
    def _bare_words_are_its_own(self) -> Self:
        strangers = [w for w in self.bare if w not in self.verbs and w not in self.nouns]
        if strangers:
            raise ValueError(f"neither a verb nor a noun here: {', '.join(strangers)}")
        return self


class StanceRule(Shape):
    """One rule that gives the stance of its file, with examples beside it.

    Either `act` with `readings` (a cell of the decision table: what an act means under a polarity, modality and
    time), or `patterns`: spaCy Matcher token patterns, passed on unchanged, for an idiom that says the stance
    by itself. Subject, authority and scope are found by the pipeline for both.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z0-9-]+$")]
    why: str
    act: Act | None = None
    readings: tuple[Reading, ...] = ()
    patterns: tuple[tuple[dict[str, Any], ...], ...] = ()
    elliptic: bool = Field(False, description="leaves out what is done: read only after a demand")
    fires: tuple[Fires, ...] = Field(min_length=1)
    silent: tuple[Silent, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _act_or_patterns(self) -> Self:
        if bool(self.act) == bool(self.patterns) or bool(self.act) != bool(self.readings):
            raise ValueError(f"rule {self.id}: give either 'act' with 'readings', or 'patterns'")
        return self


class StanceRules(Shape):
    """One file config/stances/<stance>.yml."""

    stance: Stance
    meaning: str
    rules: tuple[StanceRule, ...]

    @model_validator(mode="after")
    def _rules_named_after_stance(self) -> Self:
        for rule in self.rules:
            if rule.id.partition(".")[0] != self.stance:
                raise ValueError(f"rule {rule.id}: an id here begins with '{self.stance}.'")
        return self


# Classes that decide about scope, subject and topic; a lexicon without one cannot be read with.
SCOPE_CLASSES = frozenset(
    {
        "ACCESS", "AGENT", "ALLEGED", "ALLY", "ANSWERING", "ANYTHING", "ASSERTING", "AT_COURT", "AUTHORITY",
        "BACKDOOR", "BACKGROUND", "BY_DESCRIPTION", "CASE", "CHATTER", "CHOICE", "COURT", "COVERS", "DATA", "DECIDES",
        "DEMAND", "DENIES", "DIRECTS", "DOUBTS", "ECHOES", "ENABLES", "ENCRYPTION", "ENDS", "FIGURE", "FILES", "FORUM",
        "GAG", "GENERAL", "HANDLING", "HEDGE", "HISTORY", "IMPROPER", "IN_VAIN", "KEEPS", "KEY", "KEYS", "LAW",
        "LETTER", "LIGHT", "LIST", "LOOKS", "MEASURE", "MOVES", "NEGATES", "NO_COMPANY", "OBLIGES", "OFF_TOPIC",
        "OTHERS", "OWNS_UP", "OWN_RULES", "PAPERS", "PERMITS", "PERSON", "PERSONAL", "PLACE", "PLEADED", "PLEADS",
        "POLICY", "POSSESSES", "PROCESS", "READS", "RECALLS", "REFERS", "REPLY", "REQUEST", "ROLE", "RUNS", "RUNS_OUT",
        "SEARCHES", "SECRET_WAY", "SERVERS", "SERVES", "SETTLES", "STANDING", "STATE", "STORES", "SUSPENDS",
        "SUSPENSION", "TEMPORARY", "THINGS", "THREATENS", "UNABLE", "UNTRUE", "USER", "USER_DATA", "VIOLATES",
        "WORLDLY", "WORLDWIDE",
    }
)  # fmt: skip


class Lexicon(Shape):
    """config/lexicon.yml: the acts' words, and the word classes that objects and scope decisions share."""

    acts: dict[Act, tuple[ActWords, ...]]
    classes: dict[ClassName, tuple[Name, ...]]

    @model_validator(mode="after")
    def _classes_exist(self) -> Self:
        for act, groups in self.acts.items():
            missing = sorted({c for group in groups for c in group.objects} - self.classes.keys())
            if missing:
                raise ValueError(f"act {act}: no such class: {', '.join(missing)}")
        wanting = sorted(SCOPE_CLASSES - self.classes.keys())
        if wanting:
            raise ValueError(f"classes that the pipeline reads are missing: {', '.join(wanting)}")
        return self


class Confidence(Shape):
    """config/confidence.yml: what each named feature of a reading adds to the log-odds that the statement is right."""

    intercept: float = Field(0.0, description="log-odds of a statement without any feature")
    weights: dict[str, float] = Field(default_factory=dict, description="feature: what it adds")
    least: float = Field(0.0, ge=0, le=1, description="a statement that is less sure is not given")
    noted: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="one that is less sure than that but as sure as this is noted: it moves nothing, but a watched page "
        "that still says so unsurely has not fallen silent",
    )
    alone: float = Field(
        1.0,
        ge=0,
        le=1,
        description="how likely a stance must be to the second reader if no rule read it; 1 is never",
    )
    alone_unnamed: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="the same where the sentence only means the company (it, the firm)",
    )


class DemandWeights(Shape):
    """config/demands.yml: what each named sign adds for an authority where it is asked whose demand an act answers."""

    weights: dict[str, float] = Field(default_factory=dict, description="sign: what it adds")
    second_reader: float = Field(
        default=0.0, description="what the second reader's log-odds are multiplied by and added", ge=0
    )

    def total(self, signs: Iterable[str], odds: float) -> float:
        """What speaks for a candidate; signs that are not listed weigh nothing."""
        return sum(self.weights.get(sign, 0.0) for sign in signs) + self.second_reader * odds


class Knowledge(Shape):
    """All that the extractor knows of the world. `version` is the digest of what was loaded."""

    companies: tuple[Company, ...]
    authorities: tuple[Authority, ...]
    stances: tuple[StanceRules, ...]
    lexicon: Lexicon
    confidence: Confidence = Confidence(intercept=1.0, least=0.0, alone=1.0)
    demands: DemandWeights = DemandWeights()
    version: str = ""

    def unsifted(self, alone: float = 1.0) -> Knowledge:
        """The same with every statement that rules read, however unsure, and those of the second reader from `alone` on."""
        return self.model_copy(
            update={"confidence": self.confidence.model_copy(update={"least": 0.0, "alone": alone})}
        )

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
        cells = [(r.act, reading) for s in self.stances for r in s.rules for reading in r.readings]
        doubled = sorted({f"{act} {reading}" for act, reading in cells if cells.count((act, reading)) > 1})
        if doubled:
            raise ValueError(f"two rules read the same act and reading: {', '.join(doubled)}")
        for company in self.companies:
            if company.parent and company.parent not in slugs:
                raise ValueError(
                    f"company {company.id}: parent {company.parent!r} is no company of this file"
                )
        return self

    def company(self, slug: str) -> Company | None:
        """The company of this slug, or None if config does not list it."""
        return next((c for c in self.companies if c.id == slug), None)
