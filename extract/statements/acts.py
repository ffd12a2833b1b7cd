"""Finds acts in a parsed sentence: a word of the lexicon done to an object of the right class, or an idiom.

Does not judge who acts, whether it is asserted, or whether it concerns an authority's demand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spacy.matcher import Matcher
from spacy.tokens import Doc, Span, Token
from spacy.vocab import Vocab

from extract.knowledge import Act, Knowledge
from extract.statements.clauses import (
    CLAUSES,
    SUBJECTS,
    below_preposition,
    core_of,
    is_infinitive,
    is_passive,
    is_verb,
    listed,
    objects_of,
    text_of,
)
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.words import ActWord, Words

ACTS, IDIOMS = "acts", "idioms"
_PARTICLE_ROLES = frozenset(
    {"prt", "advmod", "prep", "dative", "aux", "dobj", "acomp", "agent", "oprd", "intj"}
)
_SPLIT_OFF = frozenset({"over", "up", "down", "away", "back", "off"})
_REACH = 9  # tokens in which the later particles of an entry must follow


@dataclass(frozen=True, slots=True)
class ActFound:
    """An act's head in a sentence, the tokens of its object (none for a bare act), and its own words.

    `own` are token positions that belong to the cue itself; a negation inside an idiom is part of it.
    `rule` is set for an idiom, whose rule says the stance by itself; `entry` is the lexicon's word for any other.
    `negated` if that word says by itself that it is not done, `befalls` if its object is the subject.
    """

    act: Act | None
    head: Token
    objects: tuple[Token, ...]
    own: range
    noun: bool = False
    rule: str | None = None
    entry: str = ""
    negated: bool = False
    befalls: bool = False


class ActFinder:
    """A pipeline component: writes `doc.spans["acts"]` (label: the act, id: the lexicon's entry) and
    `doc.spans["idioms"]` (label: the rule's id). `read` turns such a span into an `ActFound`."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab
        self._words: Words | None = None
        self._idioms = Matcher(vocab)
        self._special: dict[str, Callable[[Token], tuple[Token, ...]]] = {
            "TO_AUTHORITY": self._given_to_an_authority,
            "WHATEVER": lambda token: tuple(_free_relatives(token)),
            "WHO": lambda token: tuple(c for c in _free_relatives(token) if _asks_who(c)),
            "WHO_TOLD": self._told_who,
            "FOR_AUTHORITY": self._done_for_an_authority,
            "REACHING_AUTHORITY": self._reaching_an_authority,
            "LETS": self._let,
            "AT_COURT": self._brought_to_court,
            "ALLY": self._ally,
            "ARGUED": self._argued,
            "THERE_IS": lambda token: self._existing(token, "USER_DATA", "KEY", "DATA"),
            "THERE_IS_WAY": lambda token: self._existing(token, "SECRET_WAY"),
        }

    def learn(self, knowledge: Knowledge, words: Words) -> None:
        """Takes the vocabulary and the idioms of a knowledge; what was known before is forgotten."""
        self._words = words
        self._idioms = Matcher(self._vocab)
        for stance in knowledge.stances:
            for rule in stance.rules:
                if rule.patterns:
                    self._idioms.add(rule.id, [list(p) for p in rule.patterns], greedy="LONGEST")

    def __call__(self, doc: Doc) -> Doc:
        """Marks the acts and idioms of a sentence, left to right."""
        idioms = [Span(doc, a, b, label=label) for label, a, b in self._idioms(doc)]
        doc.spans[IDIOMS] = sorted(idioms, key=lambda s: (s.start, s.label_))
        doc.spans[ACTS] = [
            Span(doc, token.i, token.i + 1, label=word.act, span_id=word.entry)
            for token in doc
            if not self._is_company(token)  # "Research In Motion" files none
            for word in self._acts_of(token)
        ]
        return doc

    def _acts_of(self, token: Token) -> Iterator[ActWord]:
        """At most one entry: the longest that fits and finds its object."""
        if self._words is None:
            return
        entries = self._words.entries_of(token)
        asked = entries and self._is_done_by_an_authority(token)
        if asked:  # what an authority does is none of a company's acts, but it may get something
            entries = sorted(
                (w for w in entries if w.of_subject or w.act in ("receive", "channel")),
                key=lambda w: (not w.of_subject, w.act != "receive"),
            )
        elif entries and token.head != token and self._words.is_in(token.head.lemma_.lower(), "PLEADS"):
            entries = sorted(entries, key=lambda w: w.act != "contest")  # "asked the judge to throw it out"
        if not self._is_asked_of_a_court(token):
            entries = [w for w in entries if w.objects != ("PLEADED",)]
        for word in entries:
            if word.act == "receive" and not asked:
                continue
            if _is_word(token, word) and (
                self._objects(token, word) or (word.bare and not _has_object(token, word))
            ):
                yield word
                return

    def found(self, doc: Doc) -> Iterator[ActFound]:
        """The acts and idioms that were marked in a sentence."""
        if self._words is None:
            return
        for span in doc.spans[ACTS]:
            token = span[0]
            entries = self._words.entries_of(token)
            word = next(
                w for w in entries if (w.act, w.entry) == (span.label_, span.id_) and _is_word(token, w)
            )
            yield ActFound(
                word.act,
                token,
                self._objects(token, word),
                range(span.start, span.end),
                noun=word.noun,
                entry=word.entry,
                negated=word.negated,
                befalls=word.of_subject,
            )
        for span in doc.spans[IDIOMS]:
            yield ActFound(None, _anchor(span), (), range(span.start, span.end), rule=span.label_)

    def _objects(self, token: Token, word: ActWord) -> tuple[Token, ...]:
        words = self._words
        if words is None:
            return ()
        hits = tuple(
            t
            for t in self._candidates(token, word)
            if words.any_in([t] if word.act == "deny" else core_of(t), *_said_by_itself(t, word))
            and not (word.act == "hold" and _is_to_be_done(t))
        )
        if word.act == "channel":
            by_process = bool(words.found_in(text_of(token), "PROCESS"))
            return tuple(t for t in hits if by_process or not words.any_in(core_of(t), "AUTHORITY"))
        if hits:
            return hits
        if "AUTHORITY" in word.objects and word.act == "contest":  # "sued the NSA"
            hits = tuple(
                t for c in token.children if c.dep_ == "dobj" for t in listed(c) if self._is_authority(t)
            )
            if hits:
                return hits
        if "PLACE" in word.objects:  # "pulled out of Hong Kong", "withdrew it from Britain"
            named = {t.i for span in token.doc.spans[AUTHORITIES] for t in span}
            return tuple(t for t in self._candidates(token, word) if t.i in named)
        if word.noun:  # "data-sharing pause", "law-enforcement compliance": the object stands before the noun
            return tuple(
                c
                for c in token.children
                if c.dep_ in ("compound", "amod") and words.noun_in(c, *word.objects)
            )
        if word.lemma == "consider" and any(
            c.dep_ == "ccomp" and any(m.lower_ == "that" for m in c.children) for c in token.children
        ):
            return ()  # an opinion
        special = next(
            (o for name, find in self._special.items() if name in word.objects and (o := find(token))), ()
        )
        return special or (tuple(self._clauses(token, word)) if word.act in ("weigh", "require") else ())

    def _clauses(self, token: Token, word: ActWord) -> Iterator[Token]:
        """ "is assessing how the law …", "requires that requests come with a warrant"."""
        clauses = [c for c in token.children if c.dep_ in ("ccomp", "xcomp")]
        clauses += [t for c in token.children if c.dep_ == "prep" for t in c.children if t.dep_ == "pcomp"]
        for clause in clauses:
            asks = word.act == "weigh" and clause.doc[clause.left_edge.i].lower_ in _OPEN_QUESTIONS
            if asks or (self._words is not None and self._words.any_in(clause.subtree, *word.objects)):
                yield clause

    def _given_to_an_authority(self, token: Token) -> tuple[Token, ...]:
        """What is given, whatever it is called, where an authority is said to get it ("passed the list to the FBI")."""
        words = self._words
        if words is None:
            return ()
        given = [t for c in token.children if c.dep_ in ("dobj", "nsubjpass") for t in listed(c)]
        takers = [*below_preposition(token, "to", "with"), *_beneficiaries(token)]
        takers += [t for o in given for t in below_preposition(o, "to")]
        if is_passive(token) and any(c.dep_ == "dobj" for c in token.children):
            takers += [
                c for c in token.children if c.dep_ == "nsubjpass"
            ]  # "agencies had been given the alerts"
        if not any(self._is_authority(t) for t in takers):
            if any(self._is_authority(t) for t in given):  # "provided the police with a direct line"
                return tuple(
                    t for t in below_preposition(token, "with") if not words.noun_in(t, "WORLDLY", "LETTER")
                )
            return ()
        return tuple(
            t
            for t in given
            if t not in takers and not words.noun_in(t, "WORLDLY", "LETTER") and not self._is_company(t)
        )

    def _told_who(self, token: Token) -> tuple[Token, ...]:
        """ "told the police who ran the account": the parser hangs the clause on the verb or on who is told."""
        told = [c for c in token.children if c.dep_ in ("dobj", "dative")]
        told += below_preposition(token, "to")
        if not any(self._is_authority(t) for t in told):
            return ()
        clauses = [
            c for place in (token, *told) for c in place.children if c.dep_ in ("ccomp", "relcl", "xcomp")
        ]
        return tuple(c for c in clauses if c.i > token.i and _asks_who(c))

    def _done_for_an_authority(self, token: Token) -> tuple[Token, ...]:
        """ "runs samples for the FBI", "scanned the mail on behalf of the agency"."""
        words = self._words
        if words is None:
            return ()
        given = [t for c in token.children if c.dep_ in ("dobj", "nsubjpass") for t in listed(c)]
        given = [t for t in given if words.any_in(core_of(t), "USER_DATA", "DATA", "KEYS", "FILES")]
        places = (token, *given)
        whom = [t for place in places for t in below_preposition(place, "for")]
        whom += [
            t
            for place in places
            for behalf in below_preposition(place, "on", "at")
            if behalf.lower_ in ("behalf", "request", "behest")
            for t in (*below_preposition(behalf, "of"), *(c for c in behalf.children if c.dep_ == "poss"))
        ]
        return tuple(given) if any(self._is_authority(t) for t in whom) else ()

    def _reaching_an_authority(self, token: Token) -> tuple[Token, ...]:
        """ "the address went to the police", "guests' details end up with the ministry"."""
        words = self._words
        takers = below_preposition(token, "to", "with", "into")
        if words is None or not any(self._is_authority(t) for t in takers):
            return ()
        moved = (t for c in token.children if c.dep_ == "nsubj" for t in listed(c))
        return tuple(t for t in moved if words.any_in(core_of(t), "USER_DATA", "DATA", "KEYS", "LIST"))

    def _is_done_by_an_authority(self, verb: Token) -> bool:
        if not is_verb(verb) or is_passive(verb):
            return False
        while (subject := next((c for c in verb.children if c.dep_ == "nsubj"), None)) is None:
            above = verb.head
            if verb.dep_ not in ("xcomp", "conj") or above == verb or not is_verb(above):
                return False
            if verb.dep_ == "xcomp" and any(c.dep_ == "dobj" for c in above.children):
                return False  # "ordered Apple to unlock it" is Apple's act
            verb = above
        return self._is_authority(subject)

    def _is_authority(self, token: Token) -> bool:
        bodies = {
            t.i for span in token.doc.spans[AUTHORITIES] if span.id_ in ("agency", "court") for t in span
        }
        words = self._words
        if words is None:
            return False
        inside = list(core_of(token))
        if words.any_in(inside, "AGENT"):  # "FSB agents", "a police force", "officers from the ministry"
            inside += [
                c for t in inside for c in t.children if c.dep_ in ("compound", "nmod", "amod", "poss")
            ]
            inside += [t for i in tuple(inside) for t in below_preposition(i, "from", "at", "in")]
        return any(t.i in bodies for t in inside) or words.any_in(inside, "AUTHORITY")

    @staticmethod
    def _is_company(token: Token) -> bool:
        return any(token.i in range(s.start, s.end) for s in token.doc.spans[COMPANIES])

    def _let(self, token: Token) -> tuple[Token, ...]:
        """ "let the police search its database", "has never allowed any government in"."""
        words = self._words
        if words is None:
            return ()
        for clause in token.children:
            if clause.dep_ not in ("ccomp", "xcomp", "advmod", "prt"):
                continue
            who = [
                c
                for c in (*clause.children, *token.children)
                if c.dep_ in ("nsubj", "dobj") and c.i > token.i
            ]
            who += [
                c for c in clause.children if c.dep_ == "compound" and c.i > token.i
            ]  # "let the NSA tap into it"
            if any(self._is_authority(c) or c.lower_ in _ANYBODY for c in who) and words.is_in(
                clause.lemma_.lower(), "READS", "SEARCHES"
            ):
                return (clause,)
        return ()

    def _argued(self, token: Token) -> tuple[Token, ...]:
        """ "argued in court that the order violated the constitution"."""
        words = self._words
        if words is None or not words.found_in(token.doc.text, "FORUM"):
            return ()
        return tuple(
            c
            for c in token.children
            if c.dep_ == "ccomp"
            and words.found_in(text_of(c), "DEMAND", "REQUEST", "LAW", "FORUM")
            and words.found_in(text_of(c), "VIOLATES", "IMPROPER")
        )

    def _is_asked_of_a_court(self, verb: Token) -> bool:
        """ "asked the tribunal to review it", "wants the judge to cancel it"."""
        above = verb.head
        if verb.dep_ not in ("xcomp", "ccomp") or not (
            self._words and self._words.is_in(above.lemma_.lower(), "PLEADS")
        ):
            return False
        asked = [c for c in above.children if c.dep_ in ("dobj", "dative")]
        return any(self._is_authority(c) for c in (*asked, *(c for c in verb.children if c.dep_ == "nsubj")))

    def _brought_to_court(self, token: Token) -> tuple[Token, ...]:
        """ "took the order to the Supreme Court", "is in the High Court against the rule": what is brought there."""
        words = self._words
        if words is None or any(c.dep_ == "nsubjpass" for c in token.children):
            return ()
        before = ("to", "before", "in", "at", "into")
        if not any(
            t.dep_ == "pobj" and t.head.lower_ in before and words.noun_in(t, "COURT") for t in token.subtree
        ):
            return ()
        matter = [c for c in token.children if c.dep_ == "dobj" and token.lemma_ != "be"]
        matter += below_preposition(token, "over", "against", "about", "on")
        return tuple(t for t in matter if words.any_in(core_of(t), "DEMAND", "REQUEST", "LAW", "GAG"))

    def _ally(self, token: Token) -> tuple[Token, ...]:
        """ "lined up behind Apple in court": whose case is taken up."""
        if not (self._words and self._words.found_in(token.doc.text, "FORUM", "CASE")):
            return ()
        return tuple(t for t in objects_of(token) if self._is_company(t))

    def _existing(self, token: Token, *classes: str) -> tuple[Token, ...]:
        """ "there are no logs", "there will be no backdoor": what is said to exist, if it is of these classes."""
        words = self._words
        if words is None or not (token.lemma_ == "exist" or any(c.dep_ == "expl" for c in token.children)):
            return ()
        return tuple(
            c for c in token.children if c.dep_ in ("attr", "nsubj") and words.any_in(core_of(c), *classes)
        )

    def _candidates(self, token: Token, word: ActWord) -> Iterator[Token]:
        if word.of_subject:
            yield from (t for c in token.children if c.dep_ == "nsubj" for t in listed(c))
            return
        if word.act == "channel":  # the demand is what is sent, or what comes; or who is referred
            refers = self._words is not None and self._words.is_in(word.lemma, "REFERS")
            roles = ("dobj", "nsubjpass") if refers else ("nsubj", "nsubjpass")
            own = [c for c in token.children if c.dep_ in roles]
            if (
                not own and token.dep_ == "xcomp" and is_infinitive(token)
            ):  # "told the police to use the treaty"
                told = ("nsubjpass",) if is_passive(token.head) else ("dobj",)
                own = [c for c in token.head.children if c.dep_ in told]
            yield from own
            return
        yield from objects_of(token)
        if (
            "FIGURE" in word.objects
        ):  # "turned down each one", "rejected 30 percent outright": adverbs to the parser
            yield from (t for t in token.doc[token.i + 1 : token.i + 5] if t.dep_ == "npadvmod")
        for child in token.children:  # "put a stop to the handover"
            if child.dep_ == "dobj" and child.lower_ in word.particles:
                yield from below_preposition(child)
        if word.noun and token.dep_ == "dobj":  # "filed a lawsuit against the ministry": it hangs on the verb
            yield from below_preposition(token.head)


def _is_word(token: Token, word: ActWord) -> bool:
    """Whether the token is this entry: part of speech and particles agree."""
    if word.noun:
        if token.pos_ not in ("NOUN", "PROPN"):
            return False
    elif not is_verb(token) or token.dep_ in ("aux", "auxpass", "amod", "compound"):
        return False
    if not word.particles:
        return True
    first, *later = word.particles
    after = [t.lower_ for t in token.doc[token.i + 1 : token.i + 1 + _REACH]]
    if len(word.particles) > 1 and " ".join(word.particles) in " ".join(after):
        return True  # "put requests from the police on hold"
    beside = after[:1] == [first] or any(
        c.lower_ == first and c.dep_ in _PARTICLE_ROLES and not _leads_to_topic(c) for c in token.children
    )
    apart = not beside and len(word.particles) == 1 and first in _SPLIT_OFF and _split_off(token, first)
    return (beside or apart) and all(p in after for p in later)


def _leads_to_topic(word: Token) -> bool:
    """ "turned to a court over the demand": no particle of "turn over"."""
    return word.lower_ == "over" and word.dep_ == "prep" and any(c.dep_ == "pobj" for c in word.children)


def _split_off(verb: Token, particle: str) -> bool:
    """ "hand location data over on a subpoena": the particle stands behind the object, wherever the parser hung it."""
    for token in verb.doc[verb.i + 2 : verb.i + 1 + _REACH]:
        if token.lower_ == particle:
            counted = token.i + 1 < len(token.doc) and token.nbor().tag_ in ("CD", "$")  # "over 40"
            return not (counted or _leads_to_topic(token))
        if is_verb(token) or token.is_punct:
            return False
    return False


def _is_to_be_done(noun: Token) -> bool:
    """ "had nothing to add", "has nothing to hand over": what is told is the other act."""
    return noun.pos_ == "PRON" and any(c.dep_ in ("acl", "relcl") and is_infinitive(c) for c in noun.children)


_OPEN_QUESTIONS = frozenset({"what", "whether", "how", "which", "if"})
_ANYBODY = frozenset({"anyone", "anybody", "nobody"})


def _said_by_itself(noun: Token, word: ActWord) -> Iterator[str]:
    """The classes that may hold this object: a pronoun counts where it is done to, not beside ("gave a reply to this one")."""
    beside = noun.dep_ == "pobj" and noun.head.lower_ not in word.particles
    return (c for c in word.objects if not (beside and c in ("IT", "THEM", "ANY")))


_FREE = frozenset({"what", "whatever", "who", "whose", "whichever"})


def _free_relatives(token: Token) -> Iterator[Token]:
    """ "supplied whatever it had", "will tell who is behind an address"."""
    for child in token.children:
        if child.i < token.i or child.dep_ not in ("ccomp", "dobj", "relcl", "pobj", "xcomp", "nsubj"):
            continue
        if child.lower_ in _FREE or child.doc[child.left_edge.i].lower_ in _FREE:
            yield child


def _asks_who(clause: Token) -> bool:
    return clause.doc[clause.left_edge.i].lower_ in ("who", "whose", "where")


def _beneficiaries(verb: Token) -> list[Token]:
    """Who is given something: the dative, or the first of two objects ("fed police the positions")."""
    objects = [c for c in verb.children if c.dep_ == "dobj"]
    return [c for c in verb.children if c.dep_ == "dative"] + (objects[:1] if len(objects) > 1 else [])


def _has_object(token: Token, word: ActWord) -> bool:
    if token.dep_ == "relcl" and any(
        c.dep_ in SUBJECTS and c.tag_ not in ("WDT", "WP") for c in token.children
    ):
        return True  # "the opening that he leaves"
    return any(
        (c.dep_ == "nsubjpass" or (c.dep_ in ("dobj", "xcomp", "ccomp") and c.i > token.i))
        and c.lower_ not in word.particles  # "packed its bags"
        for c in token.children
    )


def _anchor(span: Span) -> Token:
    """The verb that an idiom hangs on: its root, or the verb above a root that is none."""
    root = span.root
    while not is_verb(root) and root.head != root and root.dep_ not in CLAUSES:
        root = root.head
    return root
