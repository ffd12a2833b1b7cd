"""Reads a dependency parse: what governs a word, what it is done to, who stands as its subject.

Pure syntax over spaCy's English labels; knows no vocabulary and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spacy.tokens import Token

SUBJECTS = frozenset({"nsubj", "nsubjpass", "csubj", "csubjpass"})
CLAUSES = frozenset({"relcl", "acl", "advcl", "ccomp", "csubj", "parataxis"})
_OBJECTS = frozenset({"dobj", "obj", "dative", "oprd", "attr", "nsubjpass"})
_DONE_TO = frozenset({"dobj", "nsubjpass"})
_RELATIVE = frozenset({"WDT", "WP", "WP$"})


@dataclass(frozen=True, slots=True)
class Link:
    """One step up the parse: `above` governs `below` in the role `via`."""

    above: Token
    via: str
    below: Token

    @property
    def own_subject(self) -> bool:
        """Whether what is below is a clause with a subject of its own."""
        return any(c.dep_ in SUBJECTS for c in self.below.children)


def climb(token: Token) -> Iterator[Link]:
    """What governs a word, innermost first, up to the root. A coordinated word has the governors of the first."""
    below = token
    while below.head != below:
        above = below.head
        if below.dep_ != "conj":
            yield Link(above, below.dep_, below)
        below = above


def is_verb(token: Token) -> bool:
    """Whether the tagger took it for a verb, a participle or a gerund included, or had to: "has disabled the feature"."""
    if token.pos_ in ("VERB", "AUX") or token.tag_ in ("VBG", "VBN"):
        return True
    return token.pos_ == "ADJ" and any(c.dep_ == "aux" and c.lemma_ == "have" for c in token.children)


def is_passive(verb: Token) -> bool:
    """Whether the verb is in the passive, also of a relative clause without auxiliary ("data handed over")."""
    if any(c.dep_ in ("auxpass", "nsubjpass", "csubjpass", "agent") for c in verb.children):
        return True
    return verb.tag_ == "VBN" and verb.dep_ == "acl" and not any(c.dep_ == "aux" for c in verb.children)


def first_conjunct(verb: Token) -> Token:
    """The verb that a coordinated verb borrows from ("will not keep or share": keep); itself if it borrows nothing."""
    borrowing = verb
    while (
        borrowing.dep_ == "conj"
        and not any(c.dep_ in SUBJECTS or c.dep_ in ("aux", "auxpass", "neg") for c in borrowing.children)
        and not any(
            c.dep_ == "cc" and c.lower_ == "but" for c in borrowing.head.children if c.i < borrowing.i
        )
    ):
        borrowing = borrowing.head
    return borrowing


def noun_phrase(token: Token) -> Iterator[Token]:
    """A noun with its modifiers and the nouns its prepositions lead to, but no clause of its own."""
    yield token
    for child in token.children:
        if child.dep_ not in CLAUSES and child.dep_ not in ("cc", "punct", "conj"):
            yield from noun_phrase(child)


def core_of(token: Token) -> Iterator[Token]:
    """What a noun phrase is about: its noun, and what that is "of" ("copies of messages"), without modifiers."""
    yield token
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            for below in child.children:
                if below.dep_ == "pobj":
                    for t in listed(below):
                        yield from core_of(t)


def listed(token: Token) -> list[Token]:
    """A noun and those coordinated after it, in text order, without those that are expressly left out ("but not C")."""
    both = [token, *(c for c in token.conjuncts if c.i > token.i)]
    return [t for t in sorted(both, key=lambda t: t.i) if t == token or not _left_out(t)]


def _left_out(token: Token) -> bool:
    left = token.left_edge.i
    return (left > 0 and token.doc[left - 1].lower_ in ("not", "unlike")) or any(
        c.dep_ == "neg" for c in token.children
    )


def below_preposition(token: Token, *prepositions: str) -> Iterator[Token]:
    """The nouns that hang on a word by a preposition (by any, if none is given), with their coordinations."""
    for child in token.children:
        if child.dep_ not in ("prep", "agent", "dative", "prt") or (
            prepositions and child.lower_ not in prepositions
        ):
            continue
        for below in child.children:
            if below.dep_ in ("pobj", "pcomp"):
                if (child.lower_, below.lower_) != ("in", "order"):  # "in order to"
                    yield from listed(below)
            elif below.dep_ == "prep":
                yield from below_preposition(child)


def objects_of(head: Token) -> Iterator[Token]:
    """The nouns that an act is done to or towards."""
    for child in head.children:
        if child.dep_ in _OBJECTS and child.tag_ not in _RELATIVE:
            yield from listed(child)
    yield from (t for t in below_preposition(head) if t.head.dep_ != "agent")
    if any(c.dep_ in _DONE_TO and c.tag_ not in _RELATIVE for c in head.children):
        return
    if head.dep_ == "acl" and (head.tag_ == "VBN" or is_infinitive(head)):
        yield head.head  # "data handed over"
    else:
        yield from _left_open(head)
    if head.tag_ == "VBN" and head.dep_ == "ccomp" and head.head.lemma_ in ("have", "get"):
        yield from (c for c in head.children if c.dep_ == "nsubj")  # "to have the order lifted"
    if is_verb(head):
        yield from _borrowed_objects(head)
        if head.dep_ == "xcomp" and any(c.dep_ == "auxpass" for c in head.children) and is_verb(head.head):
            yield from (c for c in head.head.children if c.dep_ == "nsubj")  # "nothing is going to be given"


_OPENING_UP = frozenset({"xcomp", "ccomp", "pcomp", "prep", "acomp", "pobj", "conj"})


def _left_open(verb: Token) -> Iterator[Token]:
    """What a relative clause is about, where its verb or one below it lacks an object: "data that it is unable to hand over"."""
    token = verb
    while token.dep_ in _OPENING_UP and token.head != token:
        token = token.head
        if any(c.dep_ in _DONE_TO and c.tag_ not in _RELATIVE for c in token.children):
            return
    if token.dep_ != "relcl":
        return
    edge = token.doc[token.left_edge.i]
    if (
        token == verb
        or edge.tag_ in _RELATIVE
        or edge.lower_ == "that"
        or any(c.dep_ in SUBJECTS for c in token.children)
    ):
        yield token.head


def _borrowed_objects(head: Token) -> Iterator[Token]:
    """ "keep or disclose data", "data was stored and handed over": the object is told once."""
    verbs = [c for c in head.conjuncts if is_verb(c)]
    for verb in verbs:
        wanted = "dobj" if verb.i > head.i else "nsubjpass"
        yield from (c for c in verb.children if c.dep_ == wanted)


def subject_of(verb: Token) -> Token | None:
    """Who does it by syntax: an agent, the clause's subject, or that of the clause it depends on.

    None for a passive that names no agent.
    """
    token = cleft_of(verb) or verb
    for _ in range(8):
        agent = _agent_of(token)
        if agent is not None:
            return agent
        caused = _caused_by(token)
        if caused is not None:
            token = caused
            continue
        if token == verb and is_passive(token):
            return None
        subject = _own_subject(token)
        if subject is not None:
            return subject
        if token.dep_ == "acl" and token.tag_ == "VBG":
            return token.head  # "companies refusing to comply"
        if not (token.dep_ in _TRANSPARENT or _is_infinitive_of_noun(token)) or token.head == token:
            return None
        token = token.head
        if token.pos_ in ("NOUN", "PROPN"):
            if (owner := owner_of(token)) is not None:
                return owner
            if token.dep_ != "dobj":  # "the first firm to refuse", "one of the firms to refuse"
                return next(_holders_of(token), None) if token.dep_ in ("attr", "pobj") else None
            token = token.head  # "has no plans to hand over": who has them
            subject = _own_subject(token)
            if subject is not None:
                return subject
    return None


def _caused_by(verb: Token) -> Token | None:
    """ "moved to have the order lifted": the "have", which the parser may take the participle for an attribute below."""
    if verb.tag_ != "VBN":
        return None
    above = verb.head if verb.dep_ == "ccomp" else verb.head.head
    parsed_so = verb.dep_ == "ccomp" or (verb.dep_ == "acl" and verb.head.dep_ == "dobj")
    return above if parsed_so and above.lemma_ in ("have", "get") and is_infinitive(above) else None


def cleft_of(verb: Token) -> Token | None:
    """The "do" that stands for a verb told apart from its subject: "what X will not do is build it", "building it is something X won't do"."""
    copula = verb
    if verb.dep_ in ("xcomp", "ccomp", "csubj", "attr", "advcl", "nsubj") and verb.head.lemma_ == "be":
        copula = verb.head
    if not (copula != verb or any(c.dep_ in ("aux", "auxpass") and c.lemma_ == "be" for c in verb.children)):
        return None
    for child in copula.children:
        if child.dep_ in ("csubj", "ccomp") and child.i < verb.i:
            clauses = [child]
        elif child.dep_ in ("nsubj", "attr") and child != verb:
            clauses = [c for c in child.children if c.dep_ == "relcl"]
        else:
            continue
        for clause in clauses:
            light = next(
                (t for t in (clause, *clause.children) if t.lemma_ == "do" and t.pos_ == "VERB"), None
            )
            if light is not None and not any(
                c.dep_ == "dobj" and c.tag_ not in _RELATIVE for c in light.children
            ):
                return light
    return None


def _is_infinitive_of_noun(verb: Token) -> bool:
    return verb.dep_ == "relcl" and is_infinitive(verb)


def _agent_of(verb: Token) -> Token | None:
    return next((t for t in below_preposition(verb, "by") if t.head.dep_ == "agent"), None)


def _own_subject(verb: Token) -> Token | None:
    subject = next((c for c in verb.children if c.dep_ in SUBJECTS), None)
    if subject is None:
        return None
    if is_verb(subject) and subject.dep_ == "csubj" and any(c.tag_ == "WP" for c in subject.children):
        subject = _own_subject(subject) or subject  # "What X did was hand them over"
    return antecedent_of(subject, verb)


_TRANSPARENT = frozenset(
    {"xcomp", "conj", "pcomp", "prep", "advcl", "acl", "acomp", "attr", "oprd", "ccomp", "dep"}
)


def reported_before(verb: Token) -> Token | None:
    """The subject of what is reported, for a verb that the parser hung on the report: "X, they said, and went to court"."""
    report = verb
    while report.dep_ in ("conj", "advcl", "xcomp") and report.head != report:
        report = report.head
        if report.dep_ == "parataxis":
            return subject_of(report.head)
        told = next((c for c in report.children if c.dep_ == "ccomp" and c.i < report.i), None)
        if told is not None and told.i < report.i < verb.i:
            return subject_of(told)
    return None


_BLAMED_FOR = ("for", "of", "over", "with")


def punished_for(verb: Token) -> Token | None:
    """Whose doing a gerund after "for" or "of" is: "fined X for refusing to", "accused X of withholding", "a fine on X for"."""
    gerund = verb
    while gerund.dep_ == "xcomp":
        gerund = gerund.head
    if gerund.tag_ != "VBG" or gerund.dep_ not in ("pcomp", "pobj") or gerund.head.lower_ not in _BLAMED_FOR:
        return None
    above = gerund.head.head
    if above.pos_ in ("NOUN", "PROPN") and above.dep_ == "dobj":  # the parser may hang "for" on the object
        return next(below_preposition(above, "on", "against", "for"), above)
    target = next((c for c in above.children if c.dep_ == "dobj" and c.i < gerund.i), None)
    return target or next((t for t in below_preposition(above, "on", "against") if t.i < gerund.i), None)


def _holders_of(noun: Token) -> Iterator[Token]:
    """Who "is in no position to", else who is said to be one of them."""
    if noun.dep_ == "pobj" and noun.head.lower_ == "in" and noun.head.head.lemma_ == "be":
        yield from (c for c in noun.head.head.children if c.dep_ in SUBJECTS)
    else:
        yield from equated_with(noun)


def equated_with(noun: Token) -> Iterator[Token]:
    """Who is said to be one of them: "A and B are among those who", "those who … include A", "A is the first firm to"."""
    token = noun
    while token.dep_ in ("pobj", "prep") and token.head != token:
        if token.dep_ == "prep" and token.lower_ not in ("among", "amongst", "of"):
            return
        token = token.head
        if token.dep_ in ("attr", "nsubj") and token.pos_ in ("NOUN", "NUM", "PRON", "PROPN"):
            break
    verb = token if is_verb(token) else token.head
    if verb.lemma_.lower() not in ("be", "become", "include", "remain") or not is_verb(verb):
        return
    if verb.lemma_.lower() == "include" and token.dep_ != "nsubj":
        return
    roles = ("dobj", "attr") if token.dep_ == "nsubj" else ("nsubj", "attr")
    for child in verb.children:
        if child.dep_ in roles and child != token and noun not in child.subtree:
            yield child


def antecedent_of(subject: Token, verb: Token) -> Token:
    """What a relative pronoun stands for; any other subject itself."""
    if subject.tag_ not in _RELATIVE:
        return subject
    clause = verb
    while clause.dep_ in ("conj", "xcomp") and clause.head != clause:
        clause = clause.head
    if clause.dep_ == "ccomp" and clause.head.lemma_ == "be":  # "It was X that refused"
        return next((c for c in clause.head.children if c.dep_ == "attr"), subject)
    return clause.head if clause.dep_ == "relcl" else subject


def owner_of(noun: Token) -> Token | None:
    """Whose refusal, suit or decision it is: the possessive, the name before it, or "by X"."""
    for child in noun.children:
        if child.dep_ == "poss":
            return child
    for child in noun.children:
        if child.dep_ in ("compound", "nmod") and child.pos_ == "PROPN":
            return child
    done_by = next(below_preposition(noun, "by", "from"), None)
    if done_by is None and any(c.dep_ in ("acl", "relcl") and is_infinitive(c) for c in noun.children):
        return next(below_preposition(noun, "of", "on"), None)  # "the refusal of X to"
    return done_by or _agent_of_participle(noun)


def _agent_of_participle(noun: Token) -> Token | None:
    """ "a suit filed by X"."""
    for child in noun.children:
        if child.dep_ == "acl" and child.tag_ == "VBN":
            return next(below_preposition(child, "by"), None)
    return None


def text_of(token: Token) -> str:
    """The words under a token, in text order."""
    return str(token.doc[token.left_edge.i : token.right_edge.i + 1].text)


def is_infinitive(verb: Token) -> bool:
    """Whether it is told with "to"."""
    return any(c.dep_ == "aux" and c.tag_ == "TO" for c in verb.children)
