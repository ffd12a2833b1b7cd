"""Shows the parser well-known company names in place of odd ones, and puts the text's own words back.

The small model takes "Telegram" or "Signal" for a verb and "Tuta" for anything; it knows Google. Sentences are
parsed with one known name for another, token by token, so that every offset stays.
"""

from __future__ import annotations

from spacy.tokens import Doc

from extract.statements.names import NameFinder

_KNOWN = ("Google", "Microsoft", "Apple", "Amazon", "Intel", "Samsung", "Netflix", "Boeing")
# "Google hands over data": to the model "hands" is a noun. It is shown another verb of the same form.
_SHOWN = {"hands": "gives", "hand": "give"}
_LEMMAS = {"hands": "hand", "hand": "hand"}
_OVER = 6  # tokens within which the "over" of "hand over" stands
_WORDS = "stancewatch_words"  # under this key of user_data the text's own words wait


class Mask:
    """A pipeline component that hands on a Doc of the same tokens with known names for companies."""

    def __init__(self, names: NameFinder) -> None:
        self.names = names

    def __call__(self, doc: Doc) -> Doc:
        """A masked copy; the Doc itself where no name needs it."""
        words = [t.text for t in doc]
        turn = 0
        for span in self.names.companies_in(doc):
            if len(span) == 1 and span.text not in _KNOWN:
                words[span.start] = _KNOWN[turn % len(_KNOWN)]
                turn += 1
        for i, word in enumerate(words):
            if word in _SHOWN and "over" in words[i + 1 : i + _OVER] and not _is_noun_place(doc, i):
                words[i] = _SHOWN[word]
        masked = Doc(doc.vocab, words=words, spaces=[bool(t.whitespace_) for t in doc])
        masked.user_data[_WORDS] = [t.text for t in doc]
        return masked


def _is_noun_place(doc: Doc, i: int) -> bool:
    """ "his hands over the keys"."""
    return i > 0 and doc[i - 1].lower_ in ("the", "his", "her", "its", "their", "our", "a", "of", "in", "by")


def unmask(doc: Doc) -> Doc:
    """The reverse, with tags, lemmas and parse of the masked Doc."""
    words = doc.user_data.pop(_WORDS, None)
    if words is None:
        return doc
    lemmas = [
        t.lemma_ if t.text == word else _LEMMAS.get(word, word) for t, word in zip(doc, words, strict=True)
    ]
    return Doc(
        doc.vocab,
        words=words,
        spaces=[bool(t.whitespace_) for t in doc],
        tags=[t.tag_ for t in doc],
        pos=[t.pos_ for t in doc],
        morphs=[str(t.morph) for t in doc],
        lemmas=lemmas,
        heads=[t.head.i for t in doc],
        deps=[t.dep_ for t in doc],
    )
