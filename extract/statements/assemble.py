"""Reads sentence by sentence and puts statements together: rule, evidence, conditions, confidence."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokens import Doc

from extract.knowledge import Knowledge, StanceRule
from extract.statements.acts import ActFinder, ActFound, any_in
from extract.statements.demands import Demand, DemandFinder
from extract.statements.facets import facets_in, merged
from extract.statements.names import AUTHORITIES, COMPANIES, NameFinder
from extract.statements.scope import Scope, ScopeJudge
from extract.statements.sentences import Sentence, split
from extract.statements.subjects import Focus, SubjectFinder, Who
from extract.statements.words import ActWord, Words
from extract.types import Document, Stance, Statement, Time

_COST = {"pronoun": 0.12, "description": 0.12, "we": 0.06, "carried over": 0.08, "document": 0.1}
_OWNER_WORDS = re.compile(r"\b(we|us|our)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Candidate:
    statement: Statement
    weak: bool  # given way to if the text gives this company an act of its own (joining)


class Reader:
    """A spaCy pipeline with the finders and judges of one knowledge."""

    def __init__(self, nlp: Language, names: NameFinder, knowledge: Knowledge) -> None:
        self._nlp = nlp
        self._names = names
        self._words = Words(knowledge)
        self._acts = ActFinder(self._words)
        self._scope = ScopeJudge(self._words)
        self._demands = DemandFinder(self._words)
        descriptions: dict[str, set[str]] = {}
        for company in knowledge.companies:
            for text in company.descriptions:
                descriptions.setdefault(text.lower(), set()).add(company.id)
        services: dict[str, tuple[str, ...]] = {}
        for company in knowledge.companies:
            if company.parent:
                services[company.parent] = (*services.get(company.parent, ()), company.id)
        self._subjects = SubjectFinder(self._words, {k: frozenset(v) for k, v in descriptions.items()}, services)
        self._cells: dict[tuple[str, str], tuple[Stance, StanceRule]] = {}
        self._idioms: dict[str, tuple[Stance, StanceRule]] = {}
        self._matcher = Matcher(nlp.vocab)
        for rules in knowledge.stances:
            for rule in rules.rules:
                for reading in rule.readings:
                    self._cells[(str(rule.act), reading)] = (rules.stance, rule)
                if rule.patterns:
                    self._idioms[rule.id] = (rules.stance, rule)
                    self._matcher.add(rule.id, [list(p) for p in rule.patterns])

    def read(self, document: Document) -> tuple[Statement, ...]:
        """See `pipeline.read_statements`."""
        sentences = split(document.text, document.paragraphs)
        gated = self._gate(sentences)
        if not gated:
            return ()
        docs = dict(zip(gated, self._nlp.pipe(sentences[i].text for i in gated), strict=True))
        named = {s.index: docs.get(s.index) or self._names(self._nlp.make_doc(s.text)) for s in sentences}
        demands: Counter[str] = Counter(span.label_ for doc in named.values() for span in doc.spans[AUTHORITIES] if span.id_ != "place")
        for span in self._names(self._nlp.make_doc(document.title or "")).spans[AUTHORITIES]:
            demands[span.label_] += 2
        focus = Focus()
        found: list[_Candidate] = []
        for sentence in sentences:
            doc = named[sentence.index]
            if sentence.index in docs:
                before = self._carried(sentence, sentences, named)
                asks = self._asks(sentence, sentences, document)
                focus.speaker = self._speaker(sentence, sentences, docs, focus)
                found.extend(self._read_sentence(sentence, doc, document, focus, before, demands, asks))
            self._move_focus(focus, doc, parsed=sentence.index in docs)
        return self._one_each(found)

    def _gate(self, sentences: list[Sentence]) -> list[int]:
        """Sentences with a word of an act, that speak of a demand themselves or beside one that does."""
        acting = [bool(self._words.acting.search(s.text)) for s in sentences]
        if not any(acting):
            return []
        asking = [bool(self._words.asking.search(s.text)) for s in sentences]
        return [i for i, acts in enumerate(acting) if acts and any(asking[max(0, i - 1) : i + 2])]

    def _asks(self, sentence: Sentence, sentences: list[Sentence], document: Document) -> bool:
        near = sentences[max(0, sentence.index - 1) : sentence.index + 2]
        return any(self._words.asking.search(s.text) for s in near) or bool(self._words.asking.search(document.title or ""))

    @staticmethod
    def _carried(sentence: Sentence, sentences: list[Sentence], named: dict[int, Doc]) -> tuple[str, ...]:
        codes: list[str] = []
        for other in reversed(sentences[: sentence.index]):
            if other.paragraph != sentence.paragraph:
                break
            codes.extend(span.label_ for span in named[other.index].spans[AUTHORITIES])
        return tuple(dict.fromkeys(codes))

    def _speaker(self, sentence: Sentence, sentences: list[Sentence], docs: dict[int, Doc], focus: Focus) -> str | None:
        """Who "we" is here: who is said to speak in this sentence, or in the next or last one of the paragraph."""
        if not _OWNER_WORDS.search(sentence.text):
            return None
        for index in (sentence.index, sentence.index + 1, sentence.index - 1):
            if 0 <= index < len(sentences) and sentences[index].paragraph == sentence.paragraph:
                doc = docs.get(index) or self._nlp(sentences[index].text)
                speaker = self._subjects.speaker(doc, focus)
                if speaker:
                    return speaker
        return focus.one

    def _move_focus(self, focus: Focus, doc: Doc, *, parsed: bool) -> None:
        slugs = self._subjects.main_subject(doc) if parsed else ()
        if not slugs:
            slugs = tuple(dict.fromkeys(span.label_ for span in doc.spans[COMPANIES]))
        focus.turn_to(slugs)

    def _read_sentence(
        self, sentence: Sentence, doc: Doc, document: Document, focus: Focus, before: tuple[str, ...], demands: Counter[str], asks: bool
    ) -> list[_Candidate]:
        found: list[_Candidate] = []
        for act in self._acts(doc, asks):
            if not self._on_topic(act, asks):
                continue
            scope = self._scope(act, document.site is not None, document.published)
            cell = self._cells.get((act.act, scope.reading)) if scope.reading else None
            if cell is None:
                continue
            stance, rule = cell
            demand = self._demands(act, document.site, before, demands)
            joined = self._subjects.joined(act, focus)
            if joined is not None:
                them, they = joined
                found.extend(self._state(sentence, them, "named", demand, stance, rule, scope.time))
                found.extend(replace(c, weak=True) for c in self._state(sentence, they, "pronoun", demand, stance, rule, scope.time))
                continue
            who = self._subjects(act, focus, document.site)
            found.extend(self._state(sentence, who.slugs, who.how, demand, stance, rule, scope.time))
            found.extend(self._state(sentence, who.sharing, "description", demand, stance, rule, scope.time))
        found.extend(self._read_idioms(sentence, doc, document, focus, before, demands))
        return found

    def _read_idioms(
        self, sentence: Sentence, doc: Doc, document: Document, focus: Focus, before: tuple[str, ...], demands: Counter[str]
    ) -> list[_Candidate]:
        found: list[_Candidate] = []
        for match, start, end in self._matcher(doc):
            stance, rule = self._idioms[doc.vocab.strings[match]]
            span = doc[start:end]
            act = ActFound("give", _anchor(span), ActWord("give", span.root.lemma_, (), noun=False, bare=True), ())
            scope: Scope = self._scope(act, document.site is not None, document.published)
            if scope.reading is None and not {"unable", "reviewing"} & {stance}:
                continue
            who: Who = self._subjects(act, focus, document.site)
            demand = self._demands(act, document.site, before, demands)
            found.extend(self._state(sentence, who.slugs, who.how, demand, stance, rule, scope.time))
        return found

    def _on_topic(self, act: ActFound, asks: bool) -> bool:
        """Data requests only: no removals, breaches, advertising, requests for comment; giving needs an authority in sight."""
        objects = [t for o in act.objects for t in o.subtree]
        if any_in(self._words, objects, "OFF_TOPIC"):
            return False
        sentence = list(act.head.doc)
        near = any_in(self._words, sentence, "AUTHORITY", "REQUEST", "LAW", "PROCESS") or bool(act.head.doc.spans[AUTHORITIES])
        if act.act in ("give", "hold", "leave", "deny", "stop"):
            return near or asks
        return True

    @staticmethod
    def _state(
        sentence: Sentence, slugs: tuple[str, ...], how: str, demand: Demand, stance: Stance, rule: StanceRule, time: Time
    ) -> list[_Candidate]:
        confidence = 0.95 - _COST.get(how, 0.0) - _COST.get(demand.how, 0.0)
        facets = facets_in(sentence.text) if stance is Stance.CONDITIONAL else facets_in("")
        return [
            _Candidate(
                Statement(slug, code, stance, time, sentence.text, sentence.start, sentence.end, rule.id, round(confidence, 2), facets), weak=False
            )
            for slug in slugs
            for code in demand.codes
        ]

    @staticmethod
    def _one_each(found: list[_Candidate]) -> tuple[Statement, ...]:
        """At most one statement a key: the most certain, then the earliest; its conditions are those of all its sentences."""
        own = {(c.statement.company, c.statement.authority) for c in found if not c.weak and c.statement.time is Time.NOW}
        kept: dict[tuple[str, str, Stance, Time], Statement] = {}
        for candidate in found:
            statement = candidate.statement
            if candidate.weak and (statement.company, statement.authority) in own:
                continue
            other = kept.get(statement.key)
            if other is None:
                kept[statement.key] = statement
                continue
            best = statement if statement.confidence > other.confidence else other
            kept[statement.key] = replace(best, facets=merged(other.facets, statement.facets))
        return tuple(sorted(kept.values(), key=lambda s: (s.start, s.company, s.authority, s.stance, s.time)))


def _anchor(span):  # type: ignore[no-untyped-def]
    """The verb that an idiom hangs on: its root, or the verb above a root that is none."""
    root = span.root
    while root.pos_ not in ("VERB", "AUX") and root.head != root and root.dep_ not in ("nsubj",):
        root = root.head
    return root
