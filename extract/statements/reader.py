"""Reads a document sentence by sentence: gate, parse, act → scope → topic → demand → subject → statement.

Keeps the discourse (focus, speaker, whose demand the text is about). What a rule's words are stands in config.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.encoder.judge import Asked, AskedWhose, shipped
from extract.knowledge import Act, Knowledge, StanceRule
from extract.statements.acts import ActFinder, ActFound
from extract.statements.assemble import Candidate, candidates, one_each, sure_and_not
from extract.statements.conditions import is_event
from extract.statements.confidence import ANSWERED, ECHO, JOINED, Scorer, features_alone, features_of
from extract.statements.demands import DemandFinder, Opinion
from extract.statements.echoes import EchoFinder
from extract.statements.gate import Gate
from extract.statements.mentions import BESIDE, WEIGHTS
from extract.statements.names import AUTHORITIES, COMPANIES, PEOPLE, NameFinder
from extract.statements.opinions import Opinions, SecondReader, heard
from extract.statements.places import Places
from extract.statements.promises import with_promises
from extract.statements.resolution import Focus, Resolver, Who
from extract.statements.scope import Scope, ScopeJudge
from extract.statements.sentences import Sentence
from extract.statements.setting import Setting
from extract.statements.speakers import SpeakerFinder
from extract.statements.subjects import SubjectFinder
from extract.statements.texts import (
    Preparer,
    Text,
    carried,
    codes_in,
    is_answered_no,
    is_heading,
    names_a_demand,
    run_of,
)
from extract.statements.times import HistoryJudge, Told
from extract.statements.topic import TopicJudge
from extract.statements.trace import Finding, SentenceTrace, Trace
from extract.statements.unlisted import UnlistedFinder
from extract.statements.words import Words, forms, words_in
from extract.types import GENERAL, Document, Stance, Statement, Time

_OWNER_WORDS = frozenset({"we", "us", "our", "i"})
# What the second reader's stances are weighed as where it is asked whose demand they answer.
_AS_ACTS: dict[Stance, Act] = {
    Stance.REFUSES: "deny",
    Stance.CHALLENGES: "contest",
    Stance.PAUSES: "stop",
    Stance.REVIEWING: "weigh",
    Stance.CONDITIONAL: "give",
    Stance.COMPLIES: "give",
    Stance.UNABLE: "hold",
    Stance.WITHDRAWS: "leave",
}
_ECHO_REACH = 3  # sentences in which an echo still means what was said last


class Reader:
    """The pipeline with the finders and judges of one knowledge."""

    def __init__(
        self, nlp: Language, names: NameFinder, acts: ActFinder, words: Words, knowledge: Knowledge
    ) -> None:
        self._nlp, self._names, self._acts, self._words = nlp, names, acts, words
        self._scope = ScopeJudge(words)
        self._demands, self._topic = DemandFinder(words, knowledge.demands), TopicJudge(words)
        self._prepare = Preparer(nlp, names, Gate(words, knowledge), words)
        self._resolver = Resolver(words, knowledge)
        self._subjects = SubjectFinder(words, self._resolver)
        self._speakers = SpeakerFinder(words, self._resolver)
        self._echoes = EchoFinder(words)
        self._unlisted = UnlistedFinder(words, nlp.get_pipe("ner"))
        self._demanding = forms(words.of("OBLIGES") | words.of("DEMAND") | words.of("REQUEST"))
        self._score, self._unnamed = Scorer(knowledge.confidence), knowledge.confidence.alone_unnamed
        self._when = HistoryJudge(words)
        self._second = SecondReader(shipped(), knowledge)
        self._cells: dict[tuple[str, str], tuple[Stance, StanceRule]] = {}
        self._idioms: dict[str, tuple[Stance, StanceRule]] = {}
        for rules in knowledge.stances:
            for rule in rules.rules:
                self._idioms[rule.id] = (rules.stance, rule)
                self._cells.update(
                    {(str(rule.act), reading): (rules.stance, rule) for reading in rule.readings}
                )

    def read(self, document: Document) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        """The statements of a document, in text order, and those too unsure to be given."""
        text = self._prepare(document)
        sure, unsure = sure_and_not((c for _, _, given in self._sentences(text) for c in given), self._score)
        if document.site is None:
            return sure, unsure
        return with_promises(sure, text.sentences), with_promises(unsure, text.sentences)

    def explain(self, document: Document) -> Trace:
        """The same, with every step that led there or stopped on the way."""
        text = self._prepare(document)
        traces, found = [], []
        for sentence, findings, given in self._sentences(text):
            passed = text.gated.why.get(sentence.index)
            traces.append(SentenceTrace(sentence, passed, findings))
            found.extend(given)
        return Trace(tuple(traces), tuple(found), one_each(found, self._score))

    def questions(self, document: Document) -> Iterator[Questions]:
        """What the second reader is asked of each sentence worth reading."""
        text = self._prepare(document)
        codes = (*text.demands, GENERAL)
        for sentence, before, asked in self._second.asked(text):
            yield Questions(sentence, before, asked, self._second.asked_whose(text, sentence, codes))

    def _sentences(self, text: Text) -> Iterator[tuple[Sentence, tuple[Finding, ...], list[Candidate]]]:
        """Each sentence in text order with what was found in it; keeps the discourse as it goes."""
        focus = Focus(site=text.document.site)
        section: tuple[str, ...] = ()
        said: _Said | None = None
        demanded: int | None = None  # the last sentence in which something was
        if not text.parsed:
            yield from ((sentence, (), []) for sentence in text.sentences)
            return
        opinions = self._second(text)
        for sentence in text.sentences:
            doc = text.named.get(sentence.index)
            if doc is None:
                yield sentence, (), []
                continue
            if is_heading(sentence):
                section = (
                    codes_in(doc)
                    if self._words.found_in(sentence.text, "AUTHORITY", "DEMAND", "REQUEST")
                    else ()
                )
            findings: list[Finding] = []
            given: list[Candidate] = []
            whose = self._second.opinion_of(text, sentence)
            if sentence.index in text.parsed:
                _mark_people(doc, focus)
                focus.speaker = self._speaker(sentence, text, focus)
                near = demanded is not None and sentence.index - demanded <= 1
                setting = self._setting(sentence, text, section, demanded=near)
                for act in self._acts.found(doc):
                    finding, found = self._read_act(act, sentence, text, setting, focus, whose)
                    findings.append(finding)
                    given.extend(found)
                if _demands_something(findings) or text.gated.asks[sentence.index]:
                    demanded = sentence.index
                said = _said_in(sentence, findings) or said
                for finding, found in self._read_echoes(sentence, doc, text, focus, said):
                    findings.append(finding)
                    given.extend(found)
                theirs = opinions.get(sentence.index, {})
                given = [heard(c, theirs) for c in given]
                alone = self._read_alone(
                    sentence, doc, text, setting, theirs, given, tuple(findings), whose, focus
                )
                for finding, found in alone:
                    findings.append(finding)
                    given = [*given, *found]
            yield sentence, tuple(findings), given
            if sentence.index in text.parsed:
                focus.people.update(self._resolver.people_in(doc, focus))
            self._move(focus, doc, parsed=sentence.index in text.parsed)

    def _speaker(self, sentence: Sentence, text: Text, focus: Focus) -> str | None:
        """Who "we" is here: who is said to speak in this sentence, or in the next or last one of the paragraph."""
        if _OWNER_WORDS.isdisjoint(words_in(sentence.text)):
            return None
        for index in (sentence.index, sentence.index + 1, sentence.index - 1):
            if 0 <= index < len(text.sentences) and text.sentences[index].paragraph == sentence.paragraph:
                doc = text.parsed.get(index) or self._nlp(text.sentences[index].text)
                speaker = self._resolver.speaker(doc, focus)
                if speaker:
                    return speaker
        return focus.one

    def _move(self, focus: Focus, doc: Doc, *, parsed: bool) -> None:
        slugs = self._resolver.in_subject_position(doc, focus) if parsed else ()
        focus.person = (self._resolver.person_in(doc) if parsed else None) or focus.person
        focus.turn_to(slugs or tuple(dict.fromkeys(span.label_ for span in doc.spans[COMPANIES])))

    def _setting(
        self, sentence: Sentence, text: Text, section: tuple[str, ...], *, demanded: bool
    ) -> Setting:
        """What the text around a sentence says."""
        return Setting(
            own_page=text.document.site is not None,
            page=text.page,
            near=carried(sentence, text, 1),
            demanded=demanded or not self._demanding.isdisjoint(words_in(sentence.text)),
            demanded_before=names_a_demand(sentence, text, self._words),
            beside=carried(sentence, text, WEIGHTS[BESIDE]),
            before=tuple(code for code, _ in text.weighed.get(sentence.index - 1, ())),
            title=text.title,
            opening=text.opening,
            section=section,
            document=text.demands,
            asks=any(text.gated.asks[max(0, sentence.index - 1) : sentence.index + 2]),
            hot=text.gated.hot,
            elsewhere=text.gated.elsewhere,
            about=text.gated.about[sentence.index],
            around=" ".join(s.text for s in text.sentences[max(0, sentence.index - 1) : sentence.index + 2]),
        )

    def _read_act(
        self, act: ActFound, sentence: Sentence, text: Text, setting: Setting, focus: Focus, whose: Opinion
    ) -> tuple[Finding, list[Candidate]]:
        """One act through scope, table, topic, authority and subject; the first that gives nothing stops it."""
        answered_no = text.document.site is not None and is_answered_no(sentence, text)
        scope = self._scope(
            act,
            text.document.published,
            answered_no=answered_no,
            framed=text.framed[sentence.index],
            period=text.period,
        )
        finding = Finding(
            _cue(act), act.rule or f"{act.act}: {act.entry}", tuple(scope.steps), scope.reading, scope.time
        )
        if scope.reading is None:
            return replace(
                finding, stopped="scope", why="; ".join(scope.steps), supposed=self._if_done(act)
            ), []
        if setting.own_page and _is_general(act, scope):
            return replace(
                finding, stopped="table", why="a habit without a condition, on the company's own page"
            ), []
        cell = self._cell(act, scope)
        if cell is None:
            return replace(finding, stopped="table", why=f"no stance for {act.act} {scope.reading}"), []
        stance, rule = cell
        finding = replace(finding, stance=stance, rule=rule.id)
        if rule.elliptic and not setting.demanded:
            return replace(finding, stopped="table", why="nothing was demanded just before"), []
        if not self._topic(act, setting):
            return replace(finding, stopped="topic", why="no authority's demand for data"), []
        demand = self._demands(act, scope.reading, setting, whose)
        given: list[Candidate] = []
        doer = self._subjects.subject_of(act)
        meant = self._resolver.resolve(doer, focus).slugs if doer is not None else ()
        marks = Places(text, sentence, act, doer, meant, self._words)
        holders = tuple(self._who(act, focus))
        if answered_no and focus.site:  # "Do you hand over keys? No.": the page's owner is asked
            holders = ((Who((focus.site,), "own page"), False),)
            sentence = run_of(sentence, text.sentences[sentence.index + 1], text)
        elif text.document.site is None and not any(who.slugs for who, _ in holders):
            holders = ((self._unlisted(self._subjects.subject_of(act), text.parsed.values()), False),)
        speaker = self._speakers(act.head, focus)
        named = len({span.label_ for span in act.head.doc.spans[COMPANIES]})
        features: tuple[str, ...] = ()
        for who, weak in holders:
            if who.slugs:
                features = features_of(
                    act, scope, who, demand, stance, own_page=setting.own_page, companies=named
                )
                features += (ANSWERED,) if answered_no and focus.site else ()
                given += candidates(
                    sentence,
                    who,
                    demand,
                    stance,
                    rule.id,
                    scope.time,
                    features,
                    speaker=speaker,
                    weak=weak,
                    marks=marks,
                    earlier=scope.earlier,
                )
        finding = replace(
            finding, demand=demand, who=tuple(who for who, _ in holders if who.slugs), features=features
        )
        return (finding if given else replace(finding, stopped="who", why="no company does it")), given

    def _read_echoes(
        self, sentence: Sentence, doc: Doc, text: Text, focus: Focus, said: _Said | None
    ) -> Iterator[tuple[Finding, list[Candidate]]]:
        """Those who are said to do as the last one did: they take over its stances, with both sentences as evidence."""
        if said is None or sentence.index - said.sentence.index > _ECHO_REACH:
            return
        evidence = run_of(said.sentence, sentence, text)
        for token in self._echoes(doc):
            slugs = tuple(s for s in self._resolver.resolve(token, focus).slugs if s not in said.companies)
            if not slugs:
                continue
            who = Who(slugs, "echo")
            act = ActFound(None, token.head, (), range(token.head.i, token.head.i + 1))
            marks = Places(text, sentence, act, token, slugs, self._words)
            for last in said.findings:
                finding = replace(
                    last,
                    cue=token.head.text,
                    act="echo",
                    who=(who,),
                    steps=(f"as was said: {said.sentence.text!r}",),
                )
                if last.stance is not None and last.rule is not None and last.demand is not None:
                    yield (
                        finding,
                        list(
                            candidates(
                                evidence,
                                who,
                                last.demand,
                                last.stance,
                                last.rule,
                                last.time,
                                (*last.features, ECHO),
                                weak=False,
                                marks=marks,
                            )
                        ),
                    )

    def _read_alone(
        self,
        sentence: Sentence,
        doc: Doc,
        text: Text,
        setting: Setting,
        opinions: Opinions,
        given: list[Candidate],
        findings: tuple[Finding, ...],
        whose: Opinion,
        focus: Focus,
    ) -> Iterator[tuple[Finding, list[Candidate]]]:
        """What only the second reader sees: its company and stance; whose demand it is, the sentence's main verb says.

        It hardly tells a wish, an "if" or a question from a fact: there the parse's word counts, and a question's mark.
        """
        supposed = {f.supposed for f in findings}
        named = {span.label_ for span in doc.spans[COMPANIES]}
        root = next(token for token in doc if token.head == token)
        for slug, stance, judgement in self._second.missed(opinions, given):
            act = ActFound(_AS_ACTS[stance], root, (), range(root.i, root.i + 1))
            reading = "on_condition" if stance is Stance.CONDITIONAL else "done"
            who = Who((slug,), "second reader")
            told = self._when(
                act, text.document.published, framed=text.framed[sentence.index], period=text.period
            )
            time = Time.PAST if told is Told.HISTORY or judgement.past > 0.5 else Time.NOW
            likely = judgement.stances[stance]
            rule = f"{stance}.second-reader"
            finding = Finding(
                root.text,
                "second reader",
                (f"reads like {stance}: {likely:.2f}",),
                None,
                time,
                stance,
                rule,
                who=(who,),
            )
            if stance in supposed or sentence.text.rstrip("\"”’'").endswith("?"):
                yield replace(finding, stopped="scope", why="only wished, supposed or asked"), []
                continue
            unsure = "" if slug in named or slug == focus.site else self._unmeant(slug, likely, doc, focus)
            if unsure:
                yield replace(finding, stopped="who", why=unsure), []
                continue
            demand = self._demands(act, reading, setting, whose)
            features = features_alone(demand, stance, own_page=setting.own_page, named=slug in named)
            finding = replace(finding, demand=demand, features=features)
            marks = Places(text, sentence, act, None, (), self._words)
            found = candidates(sentence, who, demand, stance, rule, time, features, weak=False, marks=marks)
            yield finding, [heard(c, opinions) for c in found]

    def _unmeant(self, slug: str, likely: float, doc: Doc, focus: Focus) -> str:
        """Why a sentence that does not name a company says nothing of it; empty if a word stands for it and it is likely."""
        meant = any(
            slug in self._resolver.resolve(token, focus).slugs
            for token in doc
            if token.pos_ in ("PRON", "NOUN", "PROPN")
        )
        if not meant:
            return "no word of the sentence means the company"
        return "" if likely >= self._unnamed else "not likely enough for a company that is not named"

    def _if_done(self, act: ActFound) -> Stance | None:
        """The stance that an act would tell if it were asserted."""
        cell = self._cell(act, Scope(reading="done"))
        return cell[0] if cell else None

    def _cell(self, act: ActFound, scope: Scope) -> tuple[Stance, StanceRule] | None:
        """The decision: what this act means under this reading, or an idiom's own stance."""
        if scope.reading is None:
            return None
        if act.rule is not None:
            return self._idioms[act.rule] if scope.reading in ("done", "until") else None
        return self._cells.get((str(act.act), scope.reading))

    def _who(self, act: ActFound, focus: Focus) -> Iterator[tuple[Who, bool]]:
        """Who holds the stance; True beside those who hold it only if the text gives them no act of their own."""
        joined = self._subjects.joined(act, focus)
        if joined is not None:
            them, they = joined
            yield Who(them, JOINED), False
            yield Who(they, "joining"), True
            return
        who = self._subjects(act, focus)
        yield who, False
        yield Who(who.sharing, "sharing"), False


@dataclass(frozen=True, slots=True)
class Questions:
    """A sentence, the one before, what is asked of it by company, and by authority of the whole text."""

    sentence: Sentence
    before: str
    stances: Mapping[str, Asked]
    whose: Mapping[str, AskedWhose]


@dataclass(frozen=True, slots=True)
class _Said:
    """The last sentence that gave statements: what an echo takes over."""

    sentence: Sentence
    findings: tuple[Finding, ...]
    companies: frozenset[str]


def _demands_something(findings: list[Finding]) -> bool:
    """Whether an act was only wished or demanded, or is an authority's: what an elliptic answer may follow."""
    return any(f.stopped == "scope" or f.act.startswith("channel") for f in findings)


def _mark_people(doc: Doc, focus: Focus) -> None:
    """Surnames that the text introduced before count as those of config do."""
    known = {
        t.i for span in (*doc.spans[PEOPLE], *doc.spans[COMPANIES], *doc.spans[AUTHORITIES]) for t in span
    }
    doc.spans[PEOPLE] = sorted(
        (
            *doc.spans[PEOPLE],
            *(
                Span(doc, t.i, t.i + 1, label=focus.people[t.text])
                for t in doc
                if t.text in focus.people and t.i not in known
            ),
        ),
        key=lambda span: span.start,
    )


def _said_in(sentence: Sentence, findings: list[Finding]) -> _Said | None:
    giving = tuple(f for f in findings if f.stopped is None)
    giving = tuple(f for f in giving if f.stance is not Stance.REVIEWING) or giving  # measures, not thoughts
    if not giving:
        return None
    return _Said(
        sentence, giving, frozenset(s for f in giving for w in f.who for s in (*w.slugs, *w.sharing))
    )


def _cue(act: ActFound) -> str:
    """The words of the text that the act was found by."""
    doc = act.head.doc
    return str(doc[act.own.start : act.own.stop].text if act.own else act.head.text)


def _is_general(act: ActFound, scope: Scope) -> bool:
    """A company's page that tells of giving as a habit, not as an act done, states no compliance (settled case 3)."""
    return scope.reading == "done" and act.act in ("give", "answer") and (act.noun or not is_event(act.head))
