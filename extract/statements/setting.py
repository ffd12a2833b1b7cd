"""What the text around a sentence says of authorities and of its topic: what a sentence leaves unsaid."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Setting:
    """What the text around a sentence says of authorities."""

    own_page: bool = False
    near: tuple[str, ...] = ()  # codes of the paragraph's earlier sentences, nearest first
    beside: tuple[str, ...] = ()  # those of them that stand beside an authority or a demand
    section: tuple[str, ...] = ()  # codes that the last heading names
    before: tuple[str, ...] = ()  # codes of the sentence before, of whatever paragraph
    title: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()  # codes of the text's first sentences
    page: tuple[str, ...] = ()  # whose authorities the whole page says that it is for
    document: Counter[str] = field(default_factory=Counter)
    demanded: bool = False  # something was demanded in the sentence before, or in this one
    demanded_before: bool = False  # the paragraph's sentence before names a demand
    elsewhere: bool = False  # the text is more about another topic
    hot: bool = False  # the text comes back to demands again and again
    asks: bool = False  # this sentence or a neighbour speaks of a demand
    about: bool = False  # the whole text is on authorities' demands
    around: str = ""  # this sentence and its neighbours
