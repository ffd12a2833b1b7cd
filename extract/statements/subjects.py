"""Who does an act: names, coordination, descriptions, pronouns, people who stand for a company, "we".

Resolves against the discourse's focus, which `discourse` keeps. Does not judge the act itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from spacy.tokens import Doc, Span, Token

from extract.knowledge import Knowledge
from extract.statements.acts import ActFound
from extract.statements.clauses import (
    SUBJECTS,
    antecedent_of,
    below_preposition,
    climb,
    equated_with,
    is_passive,
    is_verb,
    listed,
    noun_phrase,
    owner_of,
    punished_for,
    subject_of,
)
from extract.statements.names import AUTHORITIES, COMPANIES, PEOPLE
from extract.statements.words import Words

_WE = frozenset({"we", "us", "our", "ours", "i"})
_SINGULAR = frozenset({"it", "its", "itself"})
_PERSONAL = frozenset({"he", "she", "his", "her", "him"})
_PLURAL = frozenset({"they", "them", "their", "theirs", "both", "neither", "each", "all", "none"})
_ANAPHORIC = frozenset(
    {"the", "this", "that", "these", "those", "both", "its", "either", "neither", "all", "two", "three"}
)
_SHARING = ("after", "like", "following", "alongside", "along", "together")
_OWNED = frozenset({"his", "her", "my", "our"})
_HIGHER = frozenset({"parent", "owner"})
_UNNAMED_ONES = frozenset({"those", "one", "some", "two", "three", "several", "first", "latest", "only"})
_PLURAL_ONE = frozenset({"developer", "maker", "operator", "owner"})
_STATE_BEFORE_BASED = re.compile(r",? [^ ,-]+,?(?=-based\b)")
_NAMED_BY = frozenset({"compound", "poss", "nmod", "appos", "amod"})
_ODD_ROLES = frozenset({"compound", "intj", "dep", "npadvmod", "nmod", "advmod", "amod", "meta"})
_LABEL = 12  # tokens within which "X and Y:" may stand before what is told of them
_LIGHT_ROLES = frozenset({"dobj", "conj", "attr", "oprd"})


@dataclass(slots=True)
class Focus:
    """What "it", "they", "the company" and "we" mean at this point of the text."""

    one: str | None = None
    group: tuple[str, ...] = ()
    person: str | None = None  # whose founder, chief or spokesman "he" or "she" is
    speaker: str | None = None
    site: str | None = None  # whose own page the text is
    people: dict[str, str] = field(default_factory=dict)  # surnames that the text introduced, and for whom they speak

    def turn_to(self, slugs: tuple[str, ...]) -> None:
        """A sentence's subject, or else its first name, becomes the focus."""
        if slugs:
            self.one = slugs[0]
            self.group = slugs if len(slugs) > 1 else self.group


@dataclass(frozen=True, slots=True)
class Who:
    """Companies that do an act, how they were found, and companies that share it."""

    slugs: tuple[str, ...]
    how: str
    sharing: tuple[str, ...] = field(default=())


NOBODY = Who((), "not a company")


class SubjectFinder:
    """Resolves the subject of an act in one sentence."""

    def __init__(self, words: Words, knowledge: Knowledge) -> None:
        self._words = words
        self._descriptions: dict[str, set[str]] = {}
        self._services: dict[str, set[str]] = {}
        self._parents = {c.id: c.parent for c in knowledge.companies if c.parent}
        for company in knowledge.companies:
            for text in (*company.descriptions, *(f"{place}-based" for place in company.based_in)):
                self._descriptions.setdefault(text.lower(), set()).add(company.id)
            if company.parent:
                self._services.setdefault(company.parent, set()).add(company.id)

    def __call__(self, found: ActFound, focus: Focus) -> Who:
        """The companies that do this act; nobody if it is somebody else's."""
        subject = self._noun_subject(found.head) if found.noun else subject_of(found.head)
        if found.act == "channel" and subject is not None and self._is_an_authority(subject):
            for token in found.head.subtree:  # "police have to go through the treaty to get data from X"
                if token.dep_ == "pobj" and token.head.lower_ in ("from", "of") and (slug := self._named(token)):
                    return Who((slug,), "named")
        if found.act == "channel" and subject is not None and subject not in found.objects and (who := self._resolve(subject, focus)).slugs:
            return who  # "police have been told by X to use the treaty"
        if found.act == "channel":
            return self._teller(found.head, focus)
        if found.act == "leave" and subject is not None and self._words.is_in(subject.lemma_.lower(), "ROLE"):
            return NOBODY  # "our lawyers leave the country"
        if found.act == "receive":
            return self._source(found, subject, focus)
        if subject is None:
            subject = self._odd_name(found.head)
        accused = None if found.noun else punished_for(found.head)
        if accused is not None:
            who = self._resolve(accused, focus)
            if who.slugs:
                return who
        if subject is None and found.noun and found.head.dep_ == "nsubjpass":  # "an appeal was being prepared, he said"
            who = self._teller(found.head.head, focus)
            return who if who.how != "own page" else NOBODY
        if subject is None:
            return self._unnamed(found, focus)
        who = self._resolve(subject, focus)
        if not who.slugs and found.head.dep_ == "relcl":
            who = self._by_means_of(subject, focus)
        if not who.slugs and self._is_unnamed(subject):
            who = self._resolve_all(equated_with(subject), focus)
        thing = found.rule or found.act == "hold" or (found.act == "give" and (is_passive(found.head) or subject.dep_ == "expl"))
        if not who.slugs and thing and self._is_impersonal(subject):
            who = self._impersonally(found, focus)
        if not who.slugs:
            return Who((focus.site,), "own page") if focus.site and self._of_the_owner(subject) else NOBODY
        shared = tuple(s for s in self._sharing(found.head, subject) if s not in who.slugs)
        return Who(who.slugs, who.how, shared)

    def _is_impersonal(self, subject: Token) -> bool:
        """ "there is nothing …", "the answer was no", "the keys are beyond its reach"."""
        return subject.dep_ == "expl" or subject.lower_ in ("there", "nothing", "none") or self._words.noun_in(subject, "REPLY", "USER_DATA", "KEYS", "PERSONAL")

    def _impersonally(self, found: ActFound, focus: Focus) -> Who:
        """Whose it is where the subject is a thing: "for X", who says so, or whom the sentence or the text is about."""
        doc = found.head.doc
        for token in found.head.subtree:
            if token.dep_ == "pobj" and token.head.lower_ == "for" and (who := self._resolve(token, focus)).slugs:
                return who
            if token.dep_ == "poss" and (who := self._resolve(token, focus)).slugs:
                return who
        who = self._teller(found.head, focus)
        if who.slugs:
            return who
        named = {str(span.label_) for span in doc.spans[COMPANIES]}
        if len(named) == 1:
            return Who(tuple(named), "named")
        return Who((focus.one,), "agentless") if not named and focus.one else NOBODY

    def _source(self, found: ActFound, subject: Token | None, focus: Focus) -> Who:
        """From whom an authority gets something: "from X", who says so, or whom the text is about."""
        if subject is None or not self._is_an_authority(subject):
            return NOBODY
        for token in found.head.subtree:
            named = token.dep_ == "pobj" and token.head.lower_ in ("from", "through", "by", "via")
            if named and (who := self._resolve(token, focus)).slugs:
                return who
        who = self._teller(found.head, focus)
        if who.slugs or found.head.doc.spans[COMPANIES]:
            return who
        return Who((focus.one,), "agentless") if focus.one else NOBODY

    def _is_an_authority(self, token: Token) -> bool:
        named = any(token.i in range(s.start, s.end) for s in token.doc.spans[AUTHORITIES])
        return named or self._words.any_in(noun_phrase(token), "AUTHORITY")

    def resolve(self, subject: Token, focus: Focus) -> Who:
        """The companies that a noun phrase names or stands for; nobody if it is somebody else."""
        return self._resolve(subject, focus)

    def joined(self, found: ActFound, focus: Focus) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """ "X joined A and B in not complying": ((A, B), (X,)), or None if the act stands under no such verb."""
        link = next((link for link in climb(found.head) if link.via != "xcomp"), None)
        if link is None or link.via != "pcomp" or link.above.lower_ != "in":
            return None
        verb = link.above.head
        while not is_verb(verb) and verb.head != verb:  # the parser may hang "in" on the last name
            verb = verb.head
        if verb.lemma_.lower() not in ("join", "follow"):
            return None
        them = next((self._resolve(c, focus).slugs for c in verb.children if c.dep_ == "dobj"), ())
        they = next((self._resolve(c, focus).slugs for c in verb.children if c.dep_ == "nsubj"), ())
        return (them, they) if them else None

    def in_subject_position(self, doc: Doc) -> tuple[str, ...]:
        """The companies of the first subject that names any: what a parsed sentence leaves in focus."""
        return next((slugs for _, slugs in self._subjects(doc)), ())

    def person_in(self, doc: Doc | Span) -> str | None:
        """The company of the last person in a sentence, or a part of one, who stands for one: whom "he" or "she" will mean."""
        people = [
            s
            for t in doc
            if t.pos_ in ("NOUN", "PROPN")
            and self._words.is_in(t.lemma_.lower(), "ROLE")
            and not self._words.is_in(t.lemma_.lower(), "PAPERS")
            for s in self._standing_for(t)
        ]
        spans = doc.spans[PEOPLE] if isinstance(doc, Doc) else doc.doc.spans[PEOPLE]
        people += [str(span.label_) for span in spans if span.end <= doc[-1].i + 1] if len(doc) else []
        return people[-1] if people else None

    def speaker(self, doc: Doc, focus: Focus) -> str | None:
        """Who says what stands in this sentence: the subject of a verb of saying, if a company or its person."""
        label = next(iter(doc.spans[COMPANIES]), None)
        if label is not None and label.start == 0 and label.end < len(doc) and doc[label.end].text == ":":
            return str(label.label_)
        for token in doc:
            if (
                token.dep_ == "nsubj"
                and self._words.is_in(token.head.lemma_.lower(), "ASSERTING")
                and token.lower_ not in _WE
            ):
                who = self._resolve(token, focus)
                if who.slugs:
                    return who.slugs[0]
        return None

    def _unnamed(self, found: ActFound, focus: Focus) -> Who:
        """A passive without agent, an imperative or a bullet: the page's owner, or who is reported to say so."""
        head = found.head
        if head.dep_ == "acl":  # "requests processed last year": a description
            return NOBODY
        if focus.site and (
            is_passive(head)
            or (head.tag_ in ("VB", "VBP", "VBG", "NN", "NNP") and head.dep_ in ("ROOT", "conj"))
        ):
            return Who((focus.site,), "own page")
        if not is_passive(head):
            listed_alone = not head.doc.spans[COMPANIES] and focus.one and not any(t.dep_ in SUBJECTS for t in head.doc)
            figures = any(t.like_num for t in found.objects)
            return Who((str(focus.one),), "heading") if listed_alone and figures else NOBODY
        who = self._teller(head, focus)
        return who if who.slugs else self._asked(found, focus)

    def _asked(self, found: ActFound, focus: Focus) -> Who:
        """Who was asked, where a passive does not say who answers: "requests that X got", "X: …", or the focus."""
        doc = found.head.doc
        heading = next((t.i for t in doc[:_LABEL] if t.text == ":"), None)
        if heading is not None:
            labels = [str(s.label_) for s in doc.spans[COMPANIES] if s.end <= heading]
            if labels:
                return Who(tuple(dict.fromkeys(labels)), "label")
        before = [slugs for t, slugs in self._subjects(doc) if any(c.text == ":" for c in doc[t.i : found.head.i])]
        if before:
            return Who(before[-1], "label")
        for subject in (c for c in found.head.children if c.dep_ == "nsubjpass"):
            for token in subject.subtree:
                if token.dep_ in ("nsubj", "pobj", "poss") and (who := self._resolve(token, focus)).slugs:
                    return Who(who.slugs, "asked")
        named = {str(s.label_) for s in doc.spans[COMPANIES]}
        if len(named) > 1 or (not named and (focus.one is None or found.head.dep_ not in ("ROOT", "conj"))):
            return NOBODY
        if found.act == "give" and not self._words.any_in(
            found.objects, "USER_DATA", "KEYS", "ACCESS", "FIGURE", "PERSONAL", "ANYTHING"
        ):
            return NOBODY  # "no details were given": anybody may give those
        return Who(tuple(named), "asked") if named else Who((str(focus.one),), "agentless")

    def _odd_name(self, head: Token) -> Token | None:
        """A company's name before the verb that the parser took for something else, as it does with odd spellings."""
        return next(
            (c for c in head.children if c.i < head.i and c.dep_ in _ODD_ROLES and self._named(c)), None
        )

    def _teller(self, head: Token, focus: Focus) -> Who:
        """Whose word it is: "Google said that data was given …"; on a company's own page the owner's."""
        for link in climb(head):
            if link.via == "ccomp" and self._words.is_in(link.above.lemma_.lower(), "ASSERTING"):
                subject = subject_of(link.above)
                if subject is None and focus.one and is_passive(link.above):
                    return Who((focus.one,), "agentless")  # "officers were informed that"
                return self._resolve(subject, focus) if subject is not None else NOBODY
            told = next(
                (c for c in link.above.children if c.dep_ == "parataxis" and self._words.is_in(c.lemma_.lower(), "ASSERTING")), None
            )
            if told is not None and (subject := subject_of(told)) is not None:
                return self._resolve(subject, focus)
            if link.via == "relcl" and self._words.is_in(link.above.lemma_.lower(), "OWN_RULES"):
                subject = self._noun_subject(link.above)
                return self._resolve(subject, focus) if subject is not None else NOBODY
        return Who((focus.site,), "own page") if focus.site else NOBODY

    def _of_the_owner(self, subject: Token) -> bool:
        return self._words.is_in(subject.lemma_.lower(), "OWN_RULES") and any(
            c.lower_ in ("our", "these", "this", "the") for c in subject.children
        )

    def _noun_subject(self, noun: Token) -> Token | None:
        """Whose suit, pause or refusal: its owner, or the subject of a light verb ("filed a suit")."""
        owner = owner_of(noun) or self._in_its_clause(noun)
        if owner is not None:
            return owner
        token = noun
        if token.dep_ == "nsubj" and token.head.dep_ == "ccomp" and token.head.tag_ == "VBG":
            token = token.head  # "have filed briefs agreeing"
        while (token.dep_ in _LIGHT_ROLES or _is_put_to(token, noun) or token.dep_ == "ccomp") and token.head != token:
            if token.dep_ == "pobj":
                token = token.head
            token = token.head
            if self._words.is_in(token.lemma_.lower(), "LIGHT", "KEEPS", "ASSERTING"):
                return subject_of(token)
            if token.pos_ in ("VERB", "AUX"):
                break
        return None

    def _in_its_clause(self, noun: Token) -> Token | None:
        """ "a complaint in which X sought", "the moratorium that X declared"."""
        for clause in noun.children:
            if clause.dep_ != "relcl":
                continue
            inside = clause.doc[clause.left_edge.i].lower_ in ("in", "by") 
            if inside or self._words.is_in(clause.lemma_.lower(), "LIGHT", "KEEPS", "ASSERTING"):
                subject = next((c for c in clause.children if c.dep_ == "nsubj" and c.tag_ not in ("WDT", "WP")), None)
                if subject is not None:
                    return subject
        return None

    def _by_means_of(self, thing: Token, focus: Focus) -> Who:
        """ "installed a server that gave agencies access": whoever sets a thing up does what it does."""
        verb = thing.head
        if thing.dep_ != "dobj" or not is_verb(verb) or self._words.any_in((thing,), "AUTHORITY", "OTHERS", "USER", "ROLE", "BY_DESCRIPTION", "LAW", "REQUEST"):
            return NOBODY
        subject = subject_of(verb)
        return self._resolve(subject, focus) if subject is not None else NOBODY

    def people_in(self, doc: Doc, focus: Focus) -> Iterator[tuple[str, str]]:
        """Surnames that a sentence introduces as somebody who stands for a company ("Marty Beard, its chief operating officer")."""
        for token in doc:
            if token.pos_ != "PROPN" or token.dep_ in ("compound", "poss") or not token.text[0].isupper() or self._named(token):
                continue
            if any(token.i in range(s.start, s.end) for s in doc.spans[AUTHORITIES]):
                continue
            roles = [c for c in token.children if c.dep_ in ("appos", "compound", "nmod", "amod")]
            roles += [token.head] if token.dep_ == "appos" else []
            for role in roles:
                lemma = role.lemma_.lower()
                if self._words.is_in(lemma, "ROLE") and not self._words.is_in(lemma, "PAPERS"):
                    who = self._resolve(role, focus).slugs or self._standing_for(token)
                    if len(who) == 1:
                        yield token.text, who[0]

    def _named(self, token: Token) -> str | None:
        for group in (COMPANIES, PEOPLE):
            for span in token.doc.spans[group]:
                if span.start <= token.i < span.end:
                    return str(span.label_)
        return None

    def _resolve(self, subject: Token, focus: Focus) -> Who:
        slugs: dict[str, None] = {}
        how = "named"
        for token in listed(subject):
            direct = self._standing_for(token)
            direct = (*direct, *self._beside(token)) if direct else ()
            found, way = (direct, "named") if direct else self._anaphor(token, focus)
            for slug in found:
                slugs.update(dict.fromkeys((slug, *self._covered(token, slug))))
            how = way if found and way != "named" else how
        return Who(tuple(slugs), how) if slugs else NOBODY

    def _is_unnamed(self, token: Token) -> bool:
        """ "those", "companies", "the firms": named elsewhere in the sentence, if at all."""
        return token.lower_ in _UNNAMED_ONES or self._words.is_in(token.lemma_.lower(), "BY_DESCRIPTION")

    def _resolve_all(self, subjects: Iterable[Token], focus: Focus) -> Who:
        """The first of these that is a company, or stands for some."""
        return next((who for s in subjects if (who := self._resolve(s, focus)).slugs), NOBODY)

    def _standing_for(self, token: Token) -> tuple[str, ...]:
        """A name, or "Apple's lawyers", "a Zoom spokesperson", "messaging app Telegram", "companies such as A and B"."""
        named = self._named(token)
        if named:
            return (named,)
        lemma = token.lemma_.lower()
        is_role, is_kind = self._words.is_in(lemma, "ROLE"), self._words.is_in(lemma, "BY_DESCRIPTION")
        if not (is_role or is_kind or token.pos_ == "PROPN"):
            return ()
        for child in token.children:
            if child.dep_ in _NAMED_BY and (child.dep_ != "poss" or is_role):
                inside = [
                    s for t in (listed(child) if child.dep_ == "appos" else [child]) if (s := self._named(t))
                ]
                if inside:
                    return tuple(inside)
            if child.dep_ == "appos" and self._words.is_in(child.lemma_.lower(), "ROLE"):
                return self._standing_for(child)
        prepositions = (
            ("of", "for", "at", "from", "behind", "by", "with")
            if is_role
            else ("as", "like", "including", "behind")
            if is_kind
            else ()
        )
        return (
            tuple(s for t in below_preposition(token, *prepositions) if (s := self._named(t)))
            if prepositions
            else ()
        )

    def _beside(self, token: Token) -> tuple[str, ...]:
        """Names that stand in one list with this one, also where the parser lost the coordination ("A, B, and C have …")."""
        spans = list(token.doc.spans[COMPANIES])
        place = next((i for i, span in enumerate(spans) if token.i in range(span.start, span.end)), None)
        if place is None:
            return ()
        role = _first_of(token).dep_
        group = []
        for step in (-1, 1):
            i = place
            while 0 <= i + step < len(spans) and _are_listed(
                *sorted((spans[i], spans[i + step]), key=lambda s: s.start)
            ):
                i += step
                if (_first_of(spans[i].root).dep_ == "pobj") == (role == "pobj"):
                    group.append(str(spans[i].label_))
        return tuple(group)

    def _covered(self, token: Token, slug: str) -> Iterator[str]:
        """Services that the parent's noun phrase names: "Facebook and its services WhatsApp and Instagram"."""
        services = self._services.get(slug, set())
        if services:
            yield from (
                s for t in noun_phrase(token) if t != token and (s := self._named(t)) in services and s
            )

    def _anaphor(self, token: Token, focus: Focus) -> tuple[tuple[str, ...], str]:
        lower = token.lower_
        if lower in _WE:
            speaker = focus.site or focus.speaker
            return ((speaker,), "we") if speaker else ((), "")
        if lower in _SINGULAR:
            one = (
                self._before(token, single=True)[:1]
                or self._said_after(token)
                or self._only_one(token)
                or ((focus.one,) if focus.one else ())
            )
            return one, "pronoun"
        if lower in _PERSONAL:
            person = self._person_before(token) or focus.person
            return ((person,) if person else ()), "pronoun"
        if lower in _PLURAL:
            inside = self._before(token, single=False) or self._before(token, single=True)
            inside = inside or self._only_one(token)
            return inside or focus.group or ((focus.one,) if focus.one else ()), "pronoun"
        return self._described(token, focus), "description"

    def _only_one(self, token: Token) -> tuple[str, ...]:
        """The one company that the sentence names before a pronoun, whatever its role ("a court fined X after it …")."""
        before = {str(span.label_) for span in token.doc.spans[COMPANIES] if span.end <= token.i}
        return tuple(before) if len(before) == 1 else ()

    def _person_before(self, token: Token) -> str | None:
        """Whose founder or chief was named before "he" or "she" in the same sentence."""
        return self.person_in(token.doc[: token.i])

    def _said_after(self, token: Token) -> tuple[str, ...]:
        """ "The company cannot read them, WhatsApp said": who is named as the speaker after it."""
        for link in climb(token):
            if link.via == "ccomp" and self._words.is_in(link.above.lemma_.lower(), "ASSERTING"):
                speakers = (c for c in link.above.children if c.dep_ == "nsubj" and c.i > token.i)
                return next((self._standing_for(c)[:1] for c in speakers), ())
        return ()

    def _described(self, token: Token, focus: Focus) -> tuple[str, ...]:
        """ "the Redmond-based company", "the tech giants", "both firms"."""
        if self._words.is_in(token.lemma_.lower(), "ROLE"):  # "its lawyers", "the company's chief executive"
            owner = next((c for c in token.children if c.dep_ == "poss"), None)
            return self._resolve(owner, focus).slugs if owner is not None else self._spokesman(token, focus)
        owner = next((c for c in token.children if c.dep_ == "poss"), None)
        if token.lemma_.lower() in _HIGHER or any(c.lower_ in _HIGHER for c in token.children):
            below = owner or next(below_preposition(token, "of"), None)
            if below is not None:  # "its parent", "the owner of X"
                return self._parents_of(self._resolve(below, focus).slugs)
        if (
            owner is not None
            and owner.lower_ in _OWNED
            and self._words.is_in(token.lemma_.lower(), "BY_DESCRIPTION")
        ):
            return self._resolve(owner, focus).slugs  # "his company", "our firm"
        phrase = _STATE_BEFORE_BASED.sub("", token.doc[token.left_edge.i : token.i + 1].text.lower())
        known = _one_of(phrase, self._descriptions)
        if known:
            return (known,)
        lemma = token.lemma_.lower()
        definite = any(
            c.dep_ in ("det", "poss", "predet", "nummod") and c.lower_ in _ANAPHORIC for c in token.children
        )
        if not definite or not self._words.is_in(lemma, "BY_DESCRIPTION"):
            return ()
        if token.tag_ in ("NNS", "NNPS") or any(c.lower_ in ("both", "neither") for c in token.children):
            if lemma in _PLURAL_ONE and focus.one:
                return (focus.one,)  # "the developers": of the one product that the text is about
            named = tuple(dict.fromkeys(str(s.label_) for s in token.doc.spans[COMPANIES] if s.end <= token.i))
            return self._before(token, single=False) or (named if len(named) > 1 else focus.group)
        one = focus.site or focus.one
        return (
            self._said_after(token)
            or self._before(token, single=True)
            or self._only_one(token)
            or ((one,) if one else ())
        )

    def _spokesman(self, person: Token, focus: Focus) -> tuple[str, ...]:
        """ "a spokesman said", "the founder": of the company that the text is about, unless somebody else's."""
        if self._words.is_in(person.lemma_.lower(), "PAPERS") or person.tag_ != "NN" or any(
            c.dep_ in ("compound", "nmod") or (c.dep_ == "prep" and c.lower_ in ("of", "for", "at", "from", "with"))
            for c in person.children
        ):
            return ()
        if person.dep_ not in SUBJECTS or not any(c.dep_ == "det" for c in person.children):
            return ()
        named = {str(s.label_) for s in person.doc.spans[COMPANIES]}
        one = focus.person if self._words.is_in(person.lemma_.lower(), "PERSON") and focus.person else focus.one
        return () if named or one is None else (one,)

    def _parents_of(self, slugs: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p for s in slugs if (p := self._parents.get(s))))

    def _subjects(self, doc: Doc) -> Iterator[tuple[Token, tuple[str, ...]]]:
        for token in doc:
            if token.dep_ in SUBJECTS:
                named = antecedent_of(token, token.head)
                slugs = tuple(dict.fromkeys(s for t in listed(named) for s in (*self._standing_for(t), *self._beside(t))))
                if slugs:
                    yield token, slugs

    def _before(self, pronoun: Token, *, single: bool) -> tuple[str, ...]:
        """The subject company (or group) nearest before a pronoun in its own sentence."""
        found = [
            slugs
            for token, slugs in self._subjects(pronoun.doc)
            if token.i < pronoun.i
            and (len(slugs) == 1) == single
            and not (token.head.dep_ == "relcl" and pronoun not in token.head.subtree)
        ]
        return found[-1] if found else ()

    def _sharing(self, head: Token, subject: Token) -> tuple[str, ...]:
        """ "After A and B, X will …", "X, like A, …": A and B share the act."""
        places = [head, subject, *(link.above for link in climb(head) if link.via in ("xcomp", "conj"))]
        for place in places:
            group = [
                s
                for t in below_preposition(place, *_SHARING)
                if t.i < head.i and (s := self._named(t)) and t.dep_ != "pcomp"
            ]
            group += [
                s
                for t in below_preposition(place, "on")
                if t.lower_ == "behalf"
                for owner in below_preposition(t, "of")
                for s in self._standing_for(owner)
            ]
            if group:
                return tuple(group)
        return ()


def _is_put_to(token: Token, noun: Token) -> bool:
    """ "put their names to a brief", "joined in a suit"; but "put a stop to the handover" is none."""
    if token == noun and any(c.dep_ == "dobj" and c.lower_ in ("stop", "end", "halt", "hold", "freeze", "brake") for c in token.head.head.children):
        return False
    return token.dep_ == "pobj" and token.head.lower_ in ("to", "in", "on", "onto", "with") and token.head.dep_ == "prep" and is_verb(token.head.head)


def _are_listed(left: Span, right: Span) -> bool:
    """Whether only a comma or a conjunction stands between two names."""
    between = [t.lower_ for t in left.doc[left.end : right.start]]
    return 0 < len(between) <= 2 and all(word in (",", "and", "or", "&", "nor") for word in between)


def _first_of(token: Token) -> Token:
    """The first noun of a coordination."""
    while token.dep_ == "conj":
        token = token.head
    return token


def _one_of(phrase: str, descriptions: Mapping[str, set[str]]) -> str | None:
    """The one company that a phrase describes; none if several are called so."""
    found = {slug for text, slugs in descriptions.items() if text in phrase for slug in slugs}
    return found.pop() if len(found) == 1 else None
