"""Fits the encoder's weights, from labelled texts: what a sentence says of a company, and whose demand it is about.

    python bench/train.py GOLD.jsonl… --base FOLDER [--held GOLD.jsonl…] [--epochs 3] [--start WEIGHTS.npz] [--mean WEIGHTS.npz…] [--write extract/encoder/weights.npz]

Needs torch, transformers and safetensors, which nothing else of stancewatch does, and in FOLDER a BERT-like model of
Hugging Face's layout: all-MiniLM-L6-v2 (Apache License 2.0). The two lowest layers and the embeddings stay as they are.
An hour or two on two cores. The figures printed after each epoch are of the held documents alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import nn
from transformers import AutoModel, AutoTokenizer

from extract.encoder.judge import FACETS, LONGEST, LONGEST_WHOSE, OUTPUTS, THIS, WEIGHTS, Asked
from extract.encoder.network import save
from extract.knowledge import Knowledge
from extract.statements.mentions import GENERAL
from extract.statements.pipeline import prepare
from extract.statements.reader import Questions
from extract.types import Stance, Time
from pipelines.config import load_config
from pipelines.evaluate import GoldDocument, GoldStatement, document_to_read, read_gold

_EASY = 0.3  # share of the questions that there are more of than are needed
_FACET = 0.5  # what an answer about a facet counts for in the loss
_WHOSE = 2.0  # what an answer to "whose demand" counts for in the loss
_BATCH, _BUCKET = 16, 20  # questions a step; steps whose questions are sorted by length together
_FROZEN = ("embeddings.", "encoder.layer.0.", "encoder.layer.1.")
_PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "out": "attention.output.dense",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm1": "attention.output.LayerNorm",
    "norm2": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Question:
    """Two texts for the encoder, and of the outputs that the labels have an answer for (`counts`) what it is."""

    pair: tuple[str, str]
    longest: int
    answers: tuple[float, ...]
    counts: tuple[float, ...]
    rival: tuple[str, int] | None = None  # document and place of a sentence whose authorities are weighed
    easy: bool = False  # there are more of its kind than are needed

    @property
    def length(self) -> int:
        """Characters: questions of like length make a batch."""
        return sum(map(len, self.pair))


def questions_of(documents: Iterable[GoldDocument], knowledge: Knowledge) -> Iterator[Question]:
    """Every question that the reader would ask, and those that only the labels know."""
    reader = prepare(knowledge)
    names = {company.id: company.name for company in knowledge.companies}
    for gold in documents:
        document = document_to_read(gold)
        labels = [
            (document.text.find(s.evidence), len(s.evidence), s)
            for s in gold.statements or ()
            if s.evidence and s.evidence in document.text
        ]
        for asked in reader.questions(document):
            start, end = asked.sentence.start, asked.sentence.end
            told = [s for at, size, s in labels if min(end, at + size) - max(start, at) > (end - start) / 2]
            for slug in dict.fromkeys((*asked.stances, *(s.company for s in told))):
                name = names.get(slug, slug)
                year = document.published.year if document.published else None
                pair = (asked.stances.get(slug) or _by_name(name, asked, year)).pair
                named = name.lower() in asked.sentence.text.lower()
                yield _stance_question(pair, [s for s in told if s.company == slug], named=named)
            right = {s.authority for s in told}
            if right & asked.whose.keys():
                for code, whose in asked.whose.items():
                    yield Question(
                        whose.pair,
                        LONGEST_WHOSE,
                        (*(0.0 for _ in OUTPUTS[:-1]), float(code in right)),
                        (*(0.0 for _ in OUTPUTS[:-1]), _WHOSE),
                        (gold.id, start),
                        easy=code not in right and code != GENERAL,
                    )


def _by_name(name: str, asked: Questions, year: int | None) -> Asked:
    """The same question of a company that no list has."""
    names = re.compile(r"\b" + r"[ -]?".join(map(re.escape, re.split("[ -]", name))) + r"\b", re.IGNORECASE)
    return Asked(name, names.sub(THIS, asked.before), names.sub(THIS, asked.sentence.text), year)


def _stance_question(pair: tuple[str, str], told: list[GoldStatement], *, named: bool) -> Question:
    stances = {s.stance for s in told}
    past = bool(told) and all(s.time is Time.PAST for s in told)
    terms = [s.conditions for s in told if s.stance is Stance.CONDITIONAL]
    facets = [any(value in _listed(t.get(kind)) for t in terms) for kind in FACETS for value in FACETS[kind]]
    return Question(
        pair,
        LONGEST,
        tuple(map(float, (*(s in stances for s in Stance), past, *facets, False))),
        (*(1.0 for _ in Stance), float(bool(told)), *(_FACET * bool(terms) for _ in facets), 0.0),
        easy=not told and not named,
    )


def _listed(value: list[str] | str | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def thinned(questions: Iterable[Question], chance: random.Random) -> list[Question]:
    """All of them but most of the easy ones: each epoch sees others of those."""
    return [q for q in questions if not q.easy or chance.random() < _EASY]


Encode = Callable[[list[Question]], dict[str, torch.Tensor]]


class Encoder(nn.Module):
    """The base with one layer on the mean of its last states."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(base, add_pooling_layer=False)
        for name, weights in self.base.named_parameters():
            weights.requires_grad = not name.startswith(_FROZEN)
        self.head = nn.Linear(self.base.config.hidden_size, len(OUTPUTS))
        self.dropout = nn.Dropout(0.1)

    def forward(self, **given: torch.Tensor) -> torch.Tensor:
        """Log-odds of each stance, then of the past."""
        states = self.base(**given).last_hidden_state
        shown = given["attention_mask"].unsqueeze(-1).float()
        return self.head(self.dropout((states * shown).sum(1) / shown.sum(1)))


def loss(odds: torch.Tensor, questions: list[Question]) -> torch.Tensor:
    """Cross entropy of what the labels answer, a question."""
    answers, counts = (
        torch.tensor(rows) for rows in ([q.answers for q in questions], [q.counts for q in questions])
    )
    entropy = nn.functional.binary_cross_entropy_with_logits(odds, answers, reduction="none")
    return (counts * entropy).sum() / len(questions)


def batches(questions: list[Question], chance: random.Random) -> list[list[Question]]:
    """All questions once, those of like length together."""
    chance.shuffle(questions)
    found: list[list[Question]] = []
    for at in range(0, len(questions), _BATCH * _BUCKET):
        bucket = sorted(questions[at : at + _BATCH * _BUCKET], key=lambda p: p.length)
        found += [bucket[i : i + _BATCH] for i in range(0, len(bucket), _BATCH)]
    chance.shuffle(found)
    return found


def figures(encoder: Encoder, encode: Encode, held: list[Question]) -> str:
    """On questions that were not trained on: precision and recall of stances, and how often the right authority leads."""
    encoder.eval()
    ordered = sorted(held, key=lambda q: q.length)
    with torch.no_grad():
        odds = torch.cat([encoder(**encode(ordered[i : i + 32])) for i in range(0, len(ordered), 32)])
    encoder.train()
    of_stances = [i for i, q in enumerate(ordered) if q.rival is None]
    likely = torch.sigmoid(odds[of_stances, : len(Stance)])
    wanted = torch.tensor([ordered[i].answers[: len(Stance)] for i in of_stances])
    lines = []
    for least in (0.5, 0.7, 0.9):
        found = (likely > least).float()
        right, told, meant = (float(x.sum()) for x in (found * wanted, found, wanted))
        lines.append(
            f"from {least}: precision {right / max(1.0, told):.3f} recall {right / max(1.0, meant):.3f}"
        )
    rivals: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for question, row in zip(ordered, odds, strict=True):
        if question.rival is not None:
            rivals.setdefault(question.rival, []).append((float(row[-1]), question.answers[-1]))
    lines.append(f"whose demand: {sum(max(r)[1] for r in rivals.values()):.0f} of {len(rivals)}")
    return "; ".join(lines)


def train(
    encoder: Encoder,
    encode: Encode,
    questions: list[Question],
    held: list[Question],
    epochs: int,
    keep: Callable[[], None],
) -> None:
    """Adam with a rate that rises over the first steps and falls to nothing; `keep` is called after each epoch."""
    chance = random.Random(0)
    chosen = [thinned(questions, chance) for _ in range(epochs)]
    steps = sum(len(each) // _BATCH + 1 for each in chosen)
    groups = [
        {"params": [w for w in encoder.base.parameters() if w.requires_grad], "lr": 8e-5},
        {"params": encoder.head.parameters(), "lr": 2e-3},
    ]
    adam = torch.optim.AdamW(groups, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda step: min(1.0, step / (0.06 * steps)) * max(0.02, (steps - step) / steps)
    )
    began = time.monotonic()
    for epoch, some in enumerate(chosen):
        spent = 0.0
        for batch in track(batches(some, chance), f"epoch {epoch + 1} of {epochs}"):
            adam.zero_grad()
            cost = loss(encoder(**encode(batch)), batch)
            cost.backward()
            nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            adam.step()
            rate.step()
            spent += float(cost.detach()) * len(batch)
        print(
            f"epoch {epoch + 1} ({time.monotonic() - began:.0f} s): loss {spent / len(some):.3f}; "
            + (figures(encoder, encode, held) if held else ""),
            flush=True,
        )
        keep()


def places(encoder: Encoder) -> Iterator[tuple[str, str]]:
    """The names of what is trained: as the network reads it, and as torch has it."""
    for layer in range(encoder.base.config.num_hidden_layers):
        for ours, theirs in _PARTS.items():
            for mark, kind in (("", "weight"), (":bias", "bias")):
                yield f"layer.{layer}.{ours}{mark}", f"base.encoder.layer.{layer}.{theirs}.{kind}"
    yield from (("head", "head.weight"), ("head:bias", "head.bias"))


def write(encoder: Encoder, path: Path, vocabulary: list[str]) -> None:
    """The weights under the names that the network reads."""
    given = {name: weights.detach().numpy() for name, weights in encoder.state_dict().items()}
    fixed = {
        "embeddings.words": given["base.embeddings.word_embeddings.weight"],
        "embeddings.positions": given["base.embeddings.position_embeddings.weight"][:LONGEST_WHOSE],
        "embeddings.kinds": given["base.embeddings.token_type_embeddings.weight"],
        "embeddings.norm": given["base.embeddings.LayerNorm.weight"],
        "embeddings.norm:bias": given["base.embeddings.LayerNorm.bias"],
    }
    save(path, fixed | {ours: given[theirs] for ours, theirs in places(encoder)}, vocabulary, OUTPUTS)


def start(encoder: Encoder, path: Path) -> None:
    """Goes on from weights that `write` wrote; their eight bits are near enough."""
    with np.load(path, allow_pickle=False) as file:
        held = {
            name: file[name].astype(np.float32)
            for name in file.files
            if name not in ("vocabulary", "outputs")
        }
    given = encoder.state_dict()
    for ours, theirs in places(encoder):
        scale = held.get(f"{ours}:scale")
        given[theirs] = torch.from_numpy(held[ours] if scale is None else held[ours] * scale[:, None])
    encoder.load_state_dict(given)


def mix(encoder: Encoder, paths: list[Path]) -> None:
    """The mean of its weights and those of files: a little better than each, if they come of one start ("model soups", Wortsman et al. 2022)."""
    states = [{name: weights.clone() for name, weights in encoder.state_dict().items()}]
    for path in paths:
        start(encoder, path)
        states.append({name: weights.clone() for name, weights in encoder.state_dict().items()})
    encoder.load_state_dict(
        {name: torch.stack([s[name].float() for s in states]).mean(0) for name in states[0]}
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--held", nargs="*", type=Path, default=[])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--write", type=Path, default=WEIGHTS)
    parser.add_argument("--start", type=Path, help="weights to go on from, instead of the base's")
    parser.add_argument(
        "--mean", nargs="*", type=Path, default=[], help="weights to average with those trained"
    )
    given = parser.parse_args()
    torch.manual_seed(0)
    knowledge = load_config().knowledge
    questions, held = (
        [q for path in paths for q in questions_of(read_gold(path), knowledge)]
        for paths in (given.gold, given.held)
    )
    print(
        f"{len(questions)} questions, {sum(any(q.answers) for q in questions)} with an answer; {len(held)} held",
        flush=True,
    )
    tokenizer = AutoTokenizer.from_pretrained(given.base)

    def encode(batch: list[Question]) -> dict[str, torch.Tensor]:
        cut = [tokenizer(*q.pair, truncation=True, max_length=q.longest) for q in batch]
        return dict(tokenizer.pad(cut, return_tensors="pt"))

    encoder = Encoder(given.base)
    if given.start:
        start(encoder, given.start)
    numbers = json.loads((given.base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    vocabulary = sorted(numbers, key=numbers.__getitem__)
    train(encoder, encode, questions, held, given.epochs, lambda: write(encoder, given.write, vocabulary))
    if given.mean:
        mix(encoder, given.mean)
        write(encoder, given.write, vocabulary)
        print("mean: " + (figures(encoder, encode, held) if held else ""))


if __name__ == "__main__":
    main()
