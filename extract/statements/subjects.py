"""Who does an act: its subject, and who is meant where no subject names them (passives, labels, "there is").

Does not judge the act itself.
"""

from __future__ import annotations

from spacy.tokens import Token

from extract.statements.acts import ActFound
from extract.statements.clauses import (
    SUBJECTS,
    below_preposition,
    climb,
    equated_with,
    is_passive,
    is_verb,
    noun_phrase,
    owner_of,
    punished_for,
    reported_before,
    subject_of,
)
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.negation import is_none
from extract.statements.resolution import NOBODY, Focus, Resolver, Who
from extract.statements.words import Words

_SHARING = ("after", "like", "following", "alongside", "along", "together")
_UNNAMED_ONES = frozenset({"those", "one", "some", "two", "three", "several", "first", "latest", "only"})
_ODD_ROLES = frozenset({"compound", "intj", "dep", "npadvmod", "nmod", "advmod", "amod", "meta"})
_FLOATING = frozenset({"each", "both", "all", "also", "never", "still", "now", "too", "alone", "itself"})
_SOURCES = ("from", "through", "by", "via", "at")
_LABEL = 12  # tokens within which "X and Y:" may stand before what is told of them
_LIGHT_ROLES = frozenset({"dobj", "conj", "attr", "oprd"})


class SubjectFinder:
    """Finds the subject of an act in one sentence."""

    def __init__(self, words: Words, resolver: Resolver) -> None:
        self._words, self._resolver = words, resolver

    def __call__(self, found: ActFound, focus: Focus) -> Who:
        """The companies that do this act; nobody if it is somebody else's."""
        subject = None if found.befalls else self.subject_of(found)
        if found.act == "channel":
            return self._who_wants_it_so(found, subject, focus)
        if found.act == "receive":
            return self._source(found, subject, focus)
        if found.act == "leave" and subject is not None and self._words.is_in(subject.lemma_.lower(), "ROLE"):
            return NOBODY  # "our lawyers leave the country"
        accused = None if found.noun else punished_for(found.head)
        if accused is not None and (who := self._resolver.resolve(accused, focus)).slugs:
            return who
        if subject is None and not found.befalls:
            subject = self._odd_name(found.head)
        if subject is None:
            return self._unnamed(found, focus)
        who = self._resolver.resolve(subject, focus)
        if not who.slugs:
            who = self._indirectly(found, subject, focus)
        if not who.slugs and found.act == "require" and self._is_asked_for(subject):
            who = self._who_wants_it_so(found, subject, focus)  # "content requires a warrant, X says"
        if not who.slugs and (reported := reported_before(found.head)) is not None:
            who = self._resolver.resolve(reported, focus)
        if not who.slugs:
            return Who((focus.site,), "own page") if focus.site and self._of_the_owner(subject) else NOBODY
        shared = tuple(s for s in self._sharing(found.head, subject) if s not in who.slugs)
        return Who(who.slugs, who.how, shared)

    def _who_wants_it_so(self, found: ActFound, subject: Token | None, focus: Focus) -> Who:
        """Whose rule it is how demands have to come: "to get data from X", "told by X to use the treaty", or who says so."""
        if self._is_the_law(found.head):
            return NOBODY
        if subject is not None and self._is_an_authority(subject):
            for token in found.head.subtree:
                beside = token.dep_ == "pobj" and (
                    token.head.lower_ in ("from", "of")
                    or (token.head.lower_ in ("to", "with") and is_verb(token.head.head))
                )
                if beside and (slug := self._resolver.named(token)):
                    return Who((slug,), "named")
                shown = token.dep_ in ("dative", "dobj") and (
                    token.pos_ == "PROPN" or token.lower_ in ("it", "them", "us")
                )
                if shown and (who := self._resolver.resolve(token, focus)).slugs:
                    return who  # "officers have to show it a warrant"
        if subject is not None and subject not in found.objects:
            who = self._resolver.resolve(subject, focus)
            if who.slugs:
                return who
        who = self._teller(found.head, focus)
        return who if who.slugs else self._whose_it_is(found.head, focus)

    def _whose_it_is(self, head: Token, focus: Focus) -> Who:
        """ "police need a warrant before X tells them", "at X, content takes a warrant"."""
        for child in head.children:
            if child.dep_ == "advcl" and any(c.lower_ in ("before", "until", "till") for c in child.children):
                who = self._resolver.resolve(subject, focus) if (subject := subject_of(child)) else NOBODY
                if who.slugs:
                    return who
        for place in below_preposition(head, "at", "for", "with"):
            if slug := self._resolver.named(place):
                return Who((slug,), "named")
        return NOBODY

    def _is_the_law(self, head: Token) -> bool:
        """Whether a law or an authority says so: "the law says that police must have a warrant"."""
        above = (subject_of(link.above) for link in climb(head) if link.via == "ccomp")
        return any(
            s is not None and (self._words.noun_in(s, "LAW") or self._is_an_authority(s)) for s in above
        )

    def _is_asked_for(self, subject: Token) -> bool:
        return self._is_an_authority(subject) or self._words.noun_in(
            subject, "USER_DATA", "DATA", "REQUEST", "DEMAND"
        )

    def _indirectly(self, found: ActFound, subject: Token, focus: Focus) -> Who:
        """Who is behind a subject that is no company: who set the thing up, who are "those", whose the thing is."""
        who = self._by_means_of(subject, focus) if found.head.dep_ == "relcl" else NOBODY
        if not who.slugs and self._is_unnamed(subject):
            who = self._resolver.resolve_all(equated_with(subject), focus)
        given = found.act == "give" and (is_passive(found.head) or subject.dep_ == "expl")
        if (
            not who.slugs
            and (found.rule or found.act == "hold" or given)
            and self._is_impersonal(subject, found)
        ):
            who = self._impersonally(found, focus)
        return who

    def subject_of(self, found: ActFound) -> Token | None:
        """The noun that the act's syntax names as its doer, whoever that is."""
        return self._noun_subject(found.head) if found.noun else subject_of(found.head)

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
        them = next((self._resolver.resolve(c, focus).slugs for c in verb.children if c.dep_ == "dobj"), ())
        they = next((self._resolver.resolve(c, focus).slugs for c in verb.children if c.dep_ == "nsubj"), ())
        return (them, they) if them else None

    def _unnamed(self, found: ActFound, focus: Focus) -> Who:
        """A passive without agent, an imperative or a bullet: the page's owner, or who is reported to say so."""
        head = found.head
        if found.noun and head.dep_ == "nsubjpass":  # "an appeal was being prepared, he said"
            who = self._teller(head.head, focus)
            return who if who.how != "own page" else NOBODY
        if head.dep_ == "acl":  # "requests processed last year": a description
            return NOBODY
        agentless = is_passive(head) or found.befalls
        if focus.site and (
            agentless or (head.tag_ in ("VB", "VBP", "VBG", "NN", "NNP") and head.dep_ in ("ROOT", "conj"))
        ):
            return Who((focus.site,), "own page")
        if not agentless:
            listed_alone = (
                not head.doc.spans[COMPANIES] and focus.one and not any(t.dep_ in SUBJECTS for t in head.doc)
            )
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
        before = [
            slugs
            for t, slugs in self._resolver.subjects_in(doc)
            if any(c.text == ":" for c in doc[t.i : found.head.i])
        ]
        if before:
            return Who(before[-1], "label")
        suffering = ("nsubjpass", "nsubj") if found.befalls else ("nsubjpass",)
        for subject in (c for c in found.head.children if c.dep_ in suffering):
            for token in subject.subtree:
                if (
                    token.dep_ in ("nsubj", "pobj", "poss")
                    and (who := self._resolver.resolve(token, focus)).slugs
                ):
                    return Who(who.slugs, "asked")
        named = {str(s.label_) for s in doc.spans[COMPANIES]}
        if len(named) > 1 or (not named and (focus.one is None or found.head.dep_ not in ("ROOT", "conj"))):
            return NOBODY
        if found.act == "give" and not self._words.any_in(
            found.objects, "USER_DATA", "KEYS", "ACCESS", "FIGURE", "PERSONAL", "ANYTHING"
        ):
            return NOBODY  # "no details were given": anybody may give those
        return Who(tuple(named), "asked") if named else Who((str(focus.one),), "agentless")

    def _impersonally(self, found: ActFound, focus: Focus) -> Who:
        """Whose it is where the subject is a thing: "for X", who says so, or whom the sentence or the text is about."""
        doc = found.head.doc
        for token in found.head.subtree:
            if (
                token.dep_ == "pobj"
                and token.head.lower_ == "for"
                and (who := self._resolver.resolve(token, focus)).slugs
            ):
                return who
            if token.dep_ == "poss" and (who := self._resolver.resolve(token, focus)).slugs:
                return who
            if _is_for_it_to(token) and (who := self._resolver.resolve(token, focus)).slugs:
                return who
        who = self._teller(found.head, focus)
        if who.slugs:
            return who
        named = {str(span.label_) for span in doc.spans[COMPANIES]}
        if len(named) == 1:
            return Who(tuple(named), "named")
        return Who((focus.one,), "agentless") if not named and focus.one else NOBODY

    def _is_impersonal(self, subject: Token, found: ActFound) -> bool:
        """ "there is nothing …", "the answer was no", "the keys are beyond its reach", "no one can read them"."""
        if found.rule and (
            subject.dep_ == "csubj" or self._words.noun_in(subject, "REQUEST", "DEMAND", "HANDLING")
        ):
            return True  # "handing them over is beyond its power"
        return (
            subject.dep_ == "expl"
            or subject.lower_ in ("there", "nothing", "none", "nobody")
            or (subject.lower_ == "one" and is_none(subject))
            or self._words.noun_in(subject, "REPLY", "USER_DATA", "KEYS", "PERSONAL", "SERVERS")
        )

    def _source(self, found: ActFound, subject: Token | None, focus: Focus) -> Who:
        """From whom an authority gets something: "from X", who says so, or whom the text is about."""
        if subject is None or not self._is_an_authority(subject):
            return NOBODY
        for token in found.head.subtree:
            source = token.dep_ == "pobj" and (
                token.head.lower_ in _SOURCES
                or (token.head.lower_ == "of" and token.head.head.lower_ == "out")
            )
            if source and (who := self._resolver.resolve(token, focus)).slugs:
                return who
        clause = next((link for link in climb(found.head) if link.via == "relcl"), None)
        opening = found.head.doc[clause.below.left_edge.i].lower_ if clause is not None else ""
        if clause is not None and opening in (*_SOURCES, "where"):  # "a portal through which agencies get it"
            who = self._resolver.resolve(clause.above, focus)
            return who if who.slugs else self._by_means_of(clause.above, focus)
        who = self._teller(found.head, focus)
        if who.slugs or found.head.doc.spans[COMPANIES]:
            return who
        return Who((focus.one,), "agentless") if focus.one else NOBODY

    def _is_an_authority(self, token: Token) -> bool:
        named = any(token.i in range(s.start, s.end) for s in token.doc.spans[AUTHORITIES])
        return named or self._words.any_in(noun_phrase(token), "AUTHORITY")

    def _odd_name(self, verb: Token) -> Token | None:
        """A company's name before the verb that the parser took for something else, as it does with odd spellings."""
        head = verb
        while head.dep_ == "xcomp":  # "X, asked for data, refused to give it"
            head = head.head
        odd = next(
            (c for c in head.children if c.i < head.i and c.dep_ in _ODD_ROLES and self._resolver.named(c)),
            None,
        )
        return odd or self._asked_subject(head) or self._right_before(head)

    def _asked_subject(self, head: Token) -> Token | None:
        """ "X, asked for data, disclosed it": the parser may give the name to the participle alone."""
        for clause in head.children:
            if (
                clause.i < head.i
                and clause.dep_ in ("advcl", "ccomp")
                and clause.tag_ in ("VBN", "VBD", "VBG")
            ):
                subject = next((c for c in clause.children if c.dep_ in SUBJECTS and c.i < clause.i), None)
                if (
                    subject is not None
                    and subject.doc[subject.i + 1].text == ","
                    and self._resolver.named(subject)
                ):
                    return subject
        return None

    def _right_before(self, head: Token) -> Token | None:
        """A name that stands right before the verb, wherever the parser hung it."""
        if head.tag_ not in ("VBD", "VBZ", "VBP") and not any(
            c.dep_ in ("aux", "auxpass") for c in head.children
        ):
            return None
        before = head.i - 1
        while before > 0 and (
            head.doc[before].dep_ in ("aux", "auxpass", "neg") or head.doc[before].lower_ in _FLOATING
        ):
            before -= 1
        token = head.doc[before]
        opening = head.doc[token.left_edge.i - 1].pos_ if token.left_edge.i else ""
        return token if self._resolver.named(token) and opening != "ADP" else None

    def _teller(self, head: Token, focus: Focus) -> Who:
        """Whose word it is: "Google said that data was given …"; on a company's own page the owner's."""
        for link in climb(head):
            if link.via == "ccomp" and self._words.is_in(link.above.lemma_.lower(), "ASSERTING"):
                subject = subject_of(link.above)
                if subject is None and focus.one and is_passive(link.above):
                    return Who((focus.one,), "agentless")  # "officers were informed that"
                return self._resolver.resolve(subject, focus) if subject is not None else NOBODY
            told = next(
                (
                    c
                    for c in link.above.children
                    if c.dep_ == "parataxis" and self._words.is_in(c.lemma_.lower(), "ASSERTING")
                ),
                None,
            )
            if told is not None and (subject := subject_of(told)) is not None:
                return self._resolver.resolve(subject, focus)
            if link.via == "relcl" and self._words.is_in(link.above.lemma_.lower(), "OWN_RULES"):
                subject = self._noun_subject(link.above)
                return self._resolver.resolve(subject, focus) if subject is not None else NOBODY
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
        while (
            token.dep_ in _LIGHT_ROLES or _is_put_to(token, noun) or token.dep_ == "ccomp"
        ) and token.head != token:
            if token.dep_ == "pobj":
                token = token.head
            token = token.head
            if self._words.is_in(token.lemma_.lower(), "LIGHT", "KEEPS", "ASSERTING"):
                return subject_of(token)
            if _is_with(noun) and self._words.is_in(token.lemma_.lower(), "MOVES"):
                return None if is_passive(token) else subject_of(token)
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
                subject = next(
                    (c for c in clause.children if c.dep_ == "nsubj" and c.tag_ not in ("WDT", "WP")), None
                )
                if subject is not None:
                    return subject
        return None

    def _by_means_of(self, thing: Token, focus: Focus) -> Who:
        """ "installed a server that gave agencies access": whoever sets a thing up does what it does."""
        verb = thing.head
        if (
            thing.dep_ != "dobj"
            or not is_verb(verb)
            or self._words.any_in(
                (thing,), "AUTHORITY", "OTHERS", "USER", "ROLE", "BY_DESCRIPTION", "LAW", "REQUEST"
            )
        ):
            return NOBODY
        subject = subject_of(verb)
        return self._resolver.resolve(subject, focus) if subject is not None else NOBODY

    def _is_unnamed(self, token: Token) -> bool:
        """ "those", "companies", "the firms": named elsewhere in the sentence, if at all."""
        return token.lower_ in _UNNAMED_ONES or self._words.is_in(token.lemma_.lower(), "BY_DESCRIPTION")

    def _sharing(self, head: Token, subject: Token) -> tuple[str, ...]:
        """ "After A and B, X will …", "X, like A, …": A and B share the act."""
        places = [head, subject, *(link.above for link in climb(head) if link.via in ("xcomp", "conj"))]
        for place in places:
            group = [
                s
                for t in below_preposition(place, *_SHARING)
                if t.i < head.i and (s := self._resolver.named(t)) and t.dep_ != "pcomp"
            ]
            group += [
                s
                for t in below_preposition(place, "on")
                if t.lower_ == "behalf"
                for owner in below_preposition(t, "of")
                for s in self._resolver.standing_for(owner)
            ]
            if group:
                return tuple(group)
        return ()


def _is_with(noun: Token) -> bool:
    """ "hit back with an appeal", "walked into court with a motion"."""
    return noun.dep_ == "pobj" and noun.head.lower_ == "with"


def _is_for_it_to(token: Token) -> bool:
    """ "nothing for X to give"."""
    return token.dep_ == "nsubj" and any(c.dep_ == "mark" and c.lower_ == "for" for c in token.head.children)


def _is_put_to(token: Token, noun: Token) -> bool:
    """ "put their names to a brief", "joined in a suit"; but "put a stop to the handover" is none."""
    if token == noun and any(
        c.dep_ == "dobj" and c.lower_ in ("stop", "end", "halt", "hold", "freeze", "brake")
        for c in token.head.head.children
    ):
        return False
    return (
        token.dep_ == "pobj"
        and token.head.lower_ in ("to", "in", "on", "onto", "with")
        and token.head.dep_ == "prep"
        and is_verb(token.head.head)
    )
