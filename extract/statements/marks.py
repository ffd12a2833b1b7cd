"""Sentences as the encoder reads them: with a sign for the name it is asked about, and another for every name like it.

Which of two companies gave and which refused is plain then, whatever they are called (entity masks: Zhang et al. 2017,
"Position-aware Attention and Supervised Data Improve Slot Filling").
"""

from __future__ import annotations

from spacy.tokens import Doc

from extract.encoder.judge import OTHER, THIS


def marked(doc: Doc, group: str, label: str) -> str:
    """The text of a Doc in which each name of a group of spans is a sign: THIS for those with the label, else OTHER."""
    parts, at = [], 0
    for span in sorted(doc.spans[group], key=lambda s: s.start):
        if span.start_char >= at:
            parts += [doc.text[at : span.start_char], THIS if span.label_ == label else OTHER]
            at = span.end_char
    return "".join([*parts, doc.text[at:]])
