"""Whether an act answers an authority's demand for data at all, or another topic.

News may say so in a neighbouring sentence; a company's own page is mostly about its customers and must say it itself.
"""

from __future__ import annotations

from spacy.tokens import Token

from extract.statements.acts import ActFound
from extract.statements.clauses import below_preposition, is_passive, is_verb, noun_phrase, text_of
from extract.statements.conditions import is_event
from extract.statements.names import AUTHORITIES, COMPANIES
from extract.statements.setting import Setting
from extract.statements.words import Words

_BODIES = frozenset({"agency", "court", "law"})
_TOLD_AT_LENGTH = frozenset({"give", "answer", "deny", "contest", "hold"})
_ANYONE = frozenset(
    {"anyone", "anybody", "nobody", "them", "it", "one", "others", "him", "her", "someone", "whoever"}
)
_SHORT = 15  # tokens of a sentence that leans on the one before ("He would not.")


class TopicJudge:
    """Keeps to demands for data."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def __call__(self, found: ActFound, setting: Setting) -> bool:
        """Data requests only: no removals, breaches or advertising, and an authority or its demand in sight."""
        objects = [t for o in found.objects for t in o.subtree]
        if (
            self._words.any_in(objects, "OFF_TOPIC", "CHATTER")
            or self._given_to_others(found)
            or self._moved_in(found)
        ):
            return False
        doc = found.head.doc
        if found.rule and not (
            doc.spans[AUTHORITIES]
            or self._words.found_in(
                setting.around if len(doc) <= _SHORT else doc.text,
                "DEMAND",
                "REQUEST",
                "LAW",
                "AUTHORITY",
                "USER_DATA",
            )
        ):
            return False
        if setting.elsewhere and not (
            self._words.found_in(doc.text, "USER_DATA", "KEYS")
            and self._words.found_in(doc.text, "AUTHORITY", "DEMAND")
        ):
            return False
        if setting.own_page:
            return self._on_topic_at_home(found, setting)
        if found.act == "leave":
            bodies = any(span.id_ in _BODIES for span in doc.spans[AUTHORITIES])
            return (
                bodies
                or setting.about
                or bool(
                    self._words.found_in(
                        setting.around, "LAW", "DEMAND", "REQUEST", "AUTHORITY", "ENCRYPTION"
                    )
                )
            )
        if self._words.found_in(doc.text, "OFF_TOPIC") and not self._words.found_in(doc.text, "USER_DATA"):
            return False
        named = any(span.id_ != "place" for span in doc.spans[AUTHORITIES])
        return setting.asks or named or bool(self._words.found_in(doc.text, "AUTHORITY", "DEMAND"))

    def _on_topic_at_home(self, found: ActFound, setting: Setting) -> bool:
        """A company's own page is mostly about its customers and their rights: only an authority's demand counts.

        A report or guideline on such demands need not name them again in each sentence.
        """
        doc = found.head.doc
        if (
            setting.about
            and found.objects
            and found.act in _TOLD_AT_LENGTH
            and not self._words.found_in(doc.text, "OFF_TOPIC")
        ):
            return True
        if found.act == "weigh" and self._words.any_in(found.objects, "REQUEST", "DEMAND"):
            return False  # "we review each request" is how all are answered
        if self._words.found_in(doc.text, "DEMAND"):
            return True
        if (
            found.objects
            and not self._words.found_in(doc.text, "OFF_TOPIC")
            and self._goes_on(found, setting)
        ):
            return True
        if found.act in ("contest", "deny") and self._words.found_in(doc.text, "IMPROPER"):
            return True  # "we object to overbroad requests"
        if found.act == "hold" and self._words.is_in(found.head.lemma_.lower(), "READS"):
            return True  # "we cannot read your messages": whether or not anybody asks (settled case 12)
        if found.act in ("stop", "leave", "weigh") and not doc.spans[AUTHORITIES]:
            return False
        bodies = any(span.id_ in ("agency", "court") for span in doc.spans[AUTHORITIES])
        asked = bodies or bool(self._words.found_in(doc.text, "AUTHORITY"))
        return asked and (found.act == "leave" or not self._words.found_in(doc.text, "OFF_TOPIC"))

    def _goes_on(self, found: ActFound, setting: Setting) -> bool:
        """Whether a sentence that names no demand goes on about those that its text or paragraph is about."""
        objects = found.objects
        told = found.act in ("contest", "deny") or (found.act in _TOLD_AT_LENGTH and is_event(found.head))
        if setting.demanded_before and told:
            return True  # "A demand should be limited. We resist those that aren't."
        if not setting.hot:
            return False
        if found.act in ("answer", "deny", "contest"):
            return any(o.like_num for o in objects)  # "contested 407, complied with 5,971"
        if found.act == "hold":
            if any(o.pos_ == "PRON" for o in objects):
                return setting.asks  # "We can't; we don't have it."
            kept = self._words.is_in(found.head.lemma_.lower(), "POSSESSES")
            return kept and self._words.any_in(objects, "USER_DATA", "KEY")
        return found.act in ("weigh", "stop", "leave") and (
            self._words.any_in(objects, "LAW", "REQUEST", "DEMAND", "HANDLING", "PLACE", "ANSWERING")
            or any(is_verb(o) and self._words.found_in(text_of(o), "LAW") for o in objects)
        )

    def _given_to_others(self, found: ActFound) -> bool:
        """Whether the data goes to somebody who is no authority: partners, advertisers, users, you."""
        if found.act not in ("give", "deny"):
            return False
        ways = ("to", "with") if found.head.lemma_.lower() == "share" else ("to",)
        takers = [
            t
            for place in (found.head, *found.objects)
            if not (
                place in found.objects and self._words.noun_in(place, "ACCESS")
            )  # "access to our servers"
            for t in below_preposition(place, *ways)
            if t.dep_ != "pcomp"
        ]
        takers += [c for c in found.head.children if c.dep_ == "dative" and c.pos_ != "ADP"]
        if is_passive(found.head) and any(c.dep_ == "dobj" for c in found.head.children):
            takers += [c for c in found.head.children if c.dep_ == "nsubjpass"]  # "reporters were given none"
        takers = [
            t
            for t in takers
            if (t.dep_ == "nsubjpass" or t not in found.objects)
            and not self._words.noun_in(t, "USER_DATA", "DATA", "KEYS")
        ]
        return bool(takers) and not any(self._may_be_an_authority(t) for t in takers)

    def _may_be_an_authority(self, taker: Token) -> bool:
        if (
            self._words.any_in(noun_phrase(taker), "AUTHORITY", "REQUEST", "DEMAND")
            or taker.lower_ in _ANYONE
        ):
            return True
        doc = taker.doc
        inside = range(taker.left_edge.i, taker.right_edge.i + 1)
        if any(span.root.i in inside for span in doc.spans[AUTHORITIES]):
            return not self._words.noun_in(taker, "OTHERS", "BY_DESCRIPTION")
        return taker.pos_ == "PROPN" and not any(
            taker.i in range(s.start, s.end) for s in doc.spans[COMPANIES]
        )

    @staticmethod
    def _moved_in(found: ActFound) -> bool:
        """ "moved its servers to Russia" is no leaving of Russia."""
        names = {t.i for span in found.head.doc.spans[AUTHORITIES] for t in span}
        return found.act == "leave" and any(t.i in names for t in below_preposition(found.head, "to", "into"))
