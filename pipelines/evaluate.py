"""Reads labelled documents, classifies them and counts what was found, missed and made up.

Matches (company, authority, stance) among statements of time `now`, and apart from that among those of `past`.
Documents come as JSON lines in the codebook's form. Does not print: the command line does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from extract.knowledge import AuthorityCode, Knowledge, Slug
from extract.statements.examples import document_of
from extract.statements.pipeline import explain, read_statements
from extract.statements.trace import Finding, Trace
from extract.types import Document, Stance, Statement, Time
from pipelines.baseline import Baseline
from pipelines.strangers import Stranger, strangers_among
from pipelines.tallies import Confusion, Reliability


class GoldError(ValueError):
    """A line of a file is no labelled document; the message names file and line."""


class _Line(BaseModel):
    """What a line may say more than we read is left alone: other tools put their own fields there."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class GoldStatement(_Line):
    """A statement as an annotator wrote it down."""

    company: Slug
    authority: AuthorityCode
    stance: Stance
    time: Time = Time.NOW
    evidence: str = ""
    conditions: dict[str, list[str] | str] = Field(default_factory=dict)


class GoldDocument(_Line):
    """A document of a gold file. Without `statements` it can be classified, not evaluated."""

    id: str
    text: str
    title: str | None = None
    site: Slug | None = None
    published: datetime | None = None
    event: str = ""
    genre: str = ""
    statements: tuple[GoldStatement, ...] | None = None
    _line: int = PrivateAttr(0)

    def model_post_init(self, context: int | None, /) -> None:
        """Keep the number of the line that it was read of, which is what validation is told as its context."""
        self._line = context or 0

    @property
    def line(self) -> int:
        """The line of its file, from 1 on; 0 if it is of none."""
        return self._line

    @property
    def slugs(self) -> list[str]:
        """The companies that it names: of its labels, and whose own page it is."""
        own = [self.site] if self.site else []
        return own + [label.company for label in self.statements or ()]

    @field_validator("published", mode="before")
    @classmethod
    def _day_or_moment(cls, value: object) -> object:
        """A day stands for its midnight, and a moment without zone is UTC."""
        if isinstance(value, str):
            moment = (
                datetime.combine(date.fromisoformat(value), time())
                if len(value) <= len("2020-07-08")
                else datetime.fromisoformat(value)
            )
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return value


def documents_in(lines: Iterable[str], name: str, *, labelled: bool = False) -> Iterator[GoldDocument]:
    """The documents of JSON lines; blank lines are passed over.

    `name` is what errors call the file. Raises GoldError at the first line that is no document, or, if
    `labelled`, has no statements.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            document = GoldDocument.model_validate(json.loads(line), context=number)
        except json.JSONDecodeError as error:
            raise GoldError(f"{name}:{number}: not JSON: {error.msg} at column {error.colno}") from None
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, e['loc'])) or 'line'}: {e['msg']}" for e in error.errors()[:3]
            )
            raise GoldError(f"{name}:{number}: {faults}") from None
        if labelled and document.statements is None:
            raise GoldError(f"{name}:{number}: document {document.id!r} has no 'statements' to compare with")
        yield document


def strangers_in(documents: Iterable[GoldDocument], knowledge: Knowledge) -> list[Stranger]:
    """Companies that labelled documents name and config does not list."""
    return strangers_among(((one.line, one.slugs) for one in documents), knowledge)


def read_gold(path: Path, *, labelled: bool = True) -> list[GoldDocument]:
    """All documents of a file. Raises GoldError, naming file and line, or that the file cannot be read as UTF-8."""
    try:
        with path.open(encoding="utf-8") as lines:
            found = list(documents_in(lines, str(path), labelled=labelled))
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise GoldError(f"{path}: {error.strerror}") from None
    if not found:
        raise GoldError(f"{path}: holds no document")
    return found


def statements_of(document: GoldDocument, knowledge: Knowledge) -> tuple[Statement, ...]:
    """What the classifier reads in a document; its labels are not looked at."""
    return read_statements(document_to_read(document), knowledge)


def document_to_read(document: GoldDocument) -> Document:
    """A gold document as the classifier takes it."""
    return document_of(document.text, title=document.title, site=document.site, published=document.published)


def classify(documents: Iterable[GoldDocument], knowledge: Knowledge) -> Iterator[dict[str, Any]]:
    """One JSON-ready value a document: `{"id", "statements": [{company, authority, stance, time, evidence, …}]}`."""
    for document in documents:
        found = statements_of(document, knowledge)
        yield {"id": document.id, "statements": [statement_as_dict(s) for s in found]}


def statement_as_dict(statement: Statement) -> dict[str, Any]:
    """A statement as the command line gives it; `unlisted` is told only of a company that config does not know."""
    return {
        "company": statement.company,
        "authority": statement.authority,
        "stance": str(statement.stance),
        "time": str(statement.time),
        "evidence": statement.evidence,
        "conditions": statement.facets.as_dict(),
        "speaker": statement.speaker,
        "rule": statement.rule,
        "confidence": statement.confidence,
        **({"unlisted": True} if statement.unlisted else {}),
    }


@dataclass(slots=True)
class Score:
    """Counts of what was right, made up and missed, and the ratios that follow from them."""

    right: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 if nothing was found."""
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found; 1 if nothing is there."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def add(self, right: int, false: int, missed: int) -> None:
        """Counts more."""
        self.right += right
        self.false += false
        self.missed += missed

    def as_dict(self) -> dict[str, float | int]:
        """JSON-ready, ratios to four places."""
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**{k: round(v, 4) for k, v in ratios.items()}, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Error:
    """A statement that was made up (`kind` "false", with its rule) or missed (with the annotator's evidence).

    `lost` says for a missed one at which step the reading of its evidence ended, and what was read instead; for a
    false one which part of it alone is wrong (stance, authority, who, time), or that it is made up.
    """

    document: str
    kind: str
    company: str
    authority: str
    stance: str
    time: str
    evidence: str
    rule: str | None = None
    lost: str = ""


@dataclass(slots=True)
class Report:
    """What `evaluate` counted. Groups are over statements of time `now`."""

    documents: int = 0
    now: Score = field(default_factory=Score)
    past: Score = field(default_factory=Score)
    stance: dict[str, Score] = field(default_factory=dict)
    genre: dict[str, Score] = field(default_factory=dict)
    event: dict[str, Score] = field(default_factory=dict)
    rule: dict[str, Score] = field(default_factory=dict)
    past_stance: dict[str, Score] = field(default_factory=dict)
    confusion: Confusion = field(default_factory=Confusion)
    genre_confusion: dict[str, Confusion] = field(default_factory=dict)
    confidence: Reliability = field(default_factory=Reliability)  # of both times
    conditions_compared: int = 0
    conditions_right: int = 0
    empty_documents: int = 0
    empty_with_statements: int = 0
    errors: list[Error] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; groups in alphabetical order."""
        groups = {
            "stance": self.stance,
            "past_stance": self.past_stance,
            "genre": self.genre,
            "event": self.event,
            "rule": self.rule,
        }
        return {
            "documents": self.documents,
            "now": self.now.as_dict(),
            "past": self.past.as_dict(),
            **{name: {key: group[key].as_dict() for key in sorted(group)} for name, group in groups.items()},
            "conditions": {"compared": self.conditions_compared, "right": self.conditions_right},
            "without_statements": {
                "documents": self.empty_documents,
                "with_false": self.empty_with_statements,
            },
            "confusion": self.confusion.as_dict(),
            "confidence": self.confidence.as_dict(),
            "errors": [asdict(e) for e in self.errors],
        }


Read = Callable[[Document], Trace]


def evaluate(documents: Iterable[GoldDocument], knowledge: Knowledge, read: Read | None = None) -> Report:
    """Classifies labelled documents and compares. A document without labels counts as one without statements.

    `read` is another way to read than the classifier's, to be measured the same way.
    """
    report = Report()
    for document in documents:
        text = document_to_read(document)
        _count(report, document, document.statements or (), read(text) if read else explain(text, knowledge))
    return report


def keyword_reader(knowledge: Knowledge) -> Read:
    """The keyword baseline as a way to read."""
    baseline = Baseline(knowledge)
    return lambda document: Trace(sentences=(), candidates=(), statements=baseline(document))


_Key = tuple[str, str, str]


def _count(report: Report, document: GoldDocument, gold: tuple[GoldStatement, ...], trace: Trace) -> None:
    found = trace.statements
    report.documents += 1
    if not gold:
        report.empty_documents += 1
        report.empty_with_statements += bool(found)
    labels = {(s.company, s.authority, str(s.stance), s.time) for s in gold}
    for statement in found:
        label = (statement.company, statement.authority, str(statement.stance), statement.time)
        report.confidence.add(statement.confidence, right=label in labels)
    for moment, score in ((Time.NOW, report.now), (Time.PAST, report.past)):
        wanted: dict[_Key, GoldStatement] = {
            (s.company, s.authority, str(s.stance)): s for s in gold if s.time == moment
        }
        given: dict[_Key, Statement] = {
            (s.company, s.authority, str(s.stance)): s for s in found if s.time == moment
        }
        right, false, missed = (
            wanted.keys() & given.keys(),
            given.keys() - wanted.keys(),
            wanted.keys() - given.keys(),
        )
        score.add(len(right), len(false), len(missed))
        for key in sorted(false):
            one = given[key]
            wrong = _what_is_wrong(one, gold)
            report.errors.append(
                Error(document.id, "false", *key, str(moment), one.evidence, one.rule, lost=wrong)
            )
        for key in sorted(missed):
            lost = _where_lost(trace, document.text, wanted[key])
            report.errors.append(
                Error(document.id, "missed", *key, str(moment), wanted[key].evidence, lost=lost)
            )
        if moment is Time.NOW:
            _count_groups(report, document, wanted, given)
            for confusion in (
                report.confusion,
                report.genre_confusion.setdefault(document.genre, Confusion()),
            ):
                confusion.add(wanted, given)
        else:
            for key in wanted.keys() | given.keys():
                counts = (int(key in right), int(key in false), int(key in missed))
                report.past_stance.setdefault(key[2], Score()).add(*counts)


def _what_is_wrong(given: Statement, gold: tuple[GoldStatement, ...]) -> str:
    """The one part in which a false statement differs from a label, or that no label is so near."""
    for part in ("time", "stance", "authority", "company"):
        others = {"company", "authority", "stance", "time"} - {part}
        near = sorted(
            {str(getattr(g, part)) for g in gold if all(getattr(g, o) == getattr(given, o) for o in others)}
        )
        if near:
            return f"{'who' if part == 'company' else part}: gold has {', '.join(near)}"
    return "made up"


def _where_lost(trace: Trace, text: str, wanted: GoldStatement) -> str:
    """The step at which the reading of a missed statement's evidence ended."""
    start = text.find(wanted.evidence)
    within = [
        t
        for t in trace.sentences
        if t.sentence.start < start + len(wanted.evidence) and t.sentence.end > start
    ]
    findings = [f for t in within for f in t.findings]
    if not findings:
        passed = sorted({t.passed for t in within if t.passed})
        return (
            f"gate: {'; '.join(passed)}"
            if len(passed) and all(t.passed for t in within)
            else "act: none found"
        )
    return max((_how_near(f, wanted) for f in findings), key=lambda pair: pair[0])[1]


def _how_near(finding: Finding, wanted: GoldStatement) -> tuple[int, str]:
    """How far a finding came towards a wanted statement, and what it lacks."""
    if finding.stance is None:
        return 0, f"{finding.stopped}: {finding.act!r}: {finding.why}"
    if finding.stance != wanted.stance:
        return 1, f"stance: {finding.act!r} read as {finding.stance}"
    if finding.stopped:
        return 2, f"{finding.stopped}: {finding.act!r}: {finding.why}"
    named = {s for who in finding.who for s in (*who.slugs, *who.sharing)}
    if wanted.company not in named:
        return 3, f"who: {finding.act!r} by {', '.join(sorted(named)) or 'nobody'}"
    codes = finding.demand.codes if finding.demand else ()
    if wanted.authority not in codes:
        return 4, f"authority: {', '.join(codes)}"
    if finding.time != wanted.time:
        return 5, f"time: read as {finding.time}"
    return 6, "given, but gave way to another"


def _count_groups(
    report: Report, document: GoldDocument, wanted: dict[_Key, GoldStatement], given: dict[_Key, Statement]
) -> None:
    for key in wanted.keys() | given.keys():
        counts = (int(key in wanted and key in given), int(key not in wanted), int(key not in given))
        groups = [(report.stance, key[2]), (report.genre, document.genre), (report.event, document.event)]
        if key in given:
            groups.append((report.rule, given[key].rule))
        for group, name in groups:
            group.setdefault(name, Score()).add(*counts)
    for key in wanted.keys() & given.keys():
        if wanted[key].stance is Stance.CONDITIONAL:
            report.conditions_compared += 1
            report.conditions_right += _sorted(wanted[key].conditions) == given[key].facets.as_dict()


def _sorted(conditions: dict[str, list[str] | str]) -> dict[str, list[str] | str]:
    return {
        name: sorted(value) if isinstance(value, list) else value
        for name, value in conditions.items()
        if value
    }
