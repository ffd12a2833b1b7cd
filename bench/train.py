"""Fits the encoder's weights: what a sentence says of a company, learnt from labelled texts.

    python bench/train.py GOLD.jsonl… --base FOLDER [--held GOLD.jsonl…] [--epochs 5] [--write extract/encoder/weights.npz]

Needs torch, transformers and safetensors, which nothing else of stancewatch does, and in FOLDER a BERT-like model of
Hugging Face's layout: all-MiniLM-L6-v2 (Apache License 2.0). The two lowest layers and the embeddings stay as they are.
Half an hour to an hour on two cores. The figures printed after each epoch are of the held documents alone.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from extract.encoder.judge import LONGEST, PAST, WEIGHTS, Asked
from extract.encoder.network import save
from extract.knowledge import Knowledge
from extract.statements.pipeline import prepare
from extract.types import Stance, Time
from pipelines.config import load_config
from pipelines.evaluate import GoldDocument, document_to_read, read_gold

_BATCH, _BUCKET = 16, 20  # pairs a step; steps whose pairs are sorted by length together
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
class Pair:
    """A sentence and a company, with what the labels say."""

    asked: Asked
    stances: frozenset[Stance]
    past: bool
    named: bool

    @property
    def length(self) -> int:
        """Characters: pairs of like length make a batch."""
        return sum(map(len, self.asked.pair))


def pairs_of(documents: Iterable[GoldDocument], knowledge: Knowledge) -> Iterator[Pair]:
    """Every pair that the reader would ask about, and those that only the labels know."""
    reader = prepare(knowledge)
    names = {company.id: company.name for company in knowledge.companies}
    for gold in documents:
        document = document_to_read(gold)
        labels = [
            (document.text.find(s.evidence), len(s.evidence), s)
            for s in gold.statements or ()
            if s.evidence and s.evidence in document.text
        ]
        for sentence, before, asked in reader.asked(document):
            start, end = sentence.start, sentence.end
            told = [s for at, size, s in labels if min(end, at + size) - max(start, at) > (end - start) / 2]
            by_company = {s.company: [t for t in told if t.company == s.company] for s in told}
            for slug in dict.fromkeys((*asked, *by_company)):
                mine = by_company.get(slug, [])
                yield Pair(
                    asked.get(slug) or Asked(names.get(slug, slug), before, sentence.text),
                    frozenset(s.stance for s in mine),
                    bool(mine) and all(s.time is Time.PAST for s in mine),
                    names.get(slug, slug).lower() in sentence.text.lower(),
                )


def thinned(pairs: Iterable[Pair], chance: random.Random) -> list[Pair]:
    """All pairs that state something or name their company, and half of the others."""
    return [p for p in pairs if p.stances or p.named or chance.random() < 0.5]


Encode = Callable[[list[Pair]], dict[str, torch.Tensor]]


class Encoder(nn.Module):
    """The base with one layer on the mean of its last states."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(base, add_pooling_layer=False)
        for name, weights in self.base.named_parameters():
            weights.requires_grad = not name.startswith(_FROZEN)
        self.head = nn.Linear(self.base.config.hidden_size, len(Stance) + 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, **given: torch.Tensor) -> torch.Tensor:
        """Log-odds of each stance, then of the past."""
        states = self.base(**given).last_hidden_state
        shown = given["attention_mask"].unsqueeze(-1).float()
        return self.head(self.dropout((states * shown).sum(1) / shown.sum(1)))


def loss(odds: torch.Tensor, pairs: list[Pair]) -> torch.Tensor:
    """Cross entropy of each stance; of the past only where something is stated."""
    wanted = torch.tensor([[float(s in p.stances) for s in Stance] for p in pairs])
    past = torch.tensor([float(p.past) for p in pairs])
    stated = torch.tensor([float(bool(p.stances)) for p in pairs])
    entropy = nn.functional.binary_cross_entropy_with_logits
    of_stances = entropy(odds[:, :-1], wanted, reduction="sum")
    of_time = (stated * entropy(odds[:, -1], past, reduction="none")).sum()
    return (of_stances + of_time) / len(pairs)


def batches(pairs: list[Pair], chance: random.Random) -> list[list[Pair]]:
    """All pairs once, those of like length together."""
    chance.shuffle(pairs)
    found: list[list[Pair]] = []
    for at in range(0, len(pairs), _BATCH * _BUCKET):
        bucket = sorted(pairs[at : at + _BATCH * _BUCKET], key=lambda p: p.length)
        found += [bucket[i : i + _BATCH] for i in range(0, len(bucket), _BATCH)]
    chance.shuffle(found)
    return found


def figures(encoder: Encoder, encode: Encode, held: list[Pair]) -> str:
    """Precision and recall of (sentence, company, stance) on pairs that were not trained on."""
    encoder.eval()
    lines = []
    with torch.no_grad():
        ordered = sorted(held, key=lambda p: p.length)
        odds = torch.cat([encoder(**encode(ordered[i : i + 32])) for i in range(0, len(ordered), 32)])
    wanted = torch.tensor([[float(s in p.stances) for s in Stance] for p in ordered])
    for least in (0.5, 0.7, 0.9):
        found = (torch.sigmoid(odds[:, :-1]) > least).float()
        right = float((found * wanted).sum())
        lines.append(
            f"from {least}: precision {right / max(1.0, float(found.sum())):.3f} recall {right / max(1.0, float(wanted.sum())):.3f}"
        )
    encoder.train()
    return "; ".join(lines)


def train(encoder: Encoder, encode: Encode, pairs: list[Pair], held: list[Pair], epochs: int) -> None:
    """Adam with a rate that rises over the first steps and falls to nothing."""
    chance = random.Random(0)
    steps = epochs * (len(pairs) // _BATCH + 1)
    groups = [
        {"params": [w for w in encoder.base.parameters() if w.requires_grad], "lr": 8e-5},
        {"params": encoder.head.parameters(), "lr": 2e-3},
    ]
    adam = torch.optim.AdamW(groups, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda step: min(1.0, step / (0.06 * steps)) * max(0.02, (steps - step) / steps)
    )
    for epoch in range(epochs):
        spent = 0.0
        for batch in batches(pairs, chance):
            adam.zero_grad()
            cost = loss(encoder(**encode(batch)), batch)
            cost.backward()
            nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            adam.step()
            rate.step()
            spent += float(cost.detach()) * len(batch)
        print(
            f"epoch {epoch + 1}: loss {spent / len(pairs):.3f}; {figures(encoder, encode, held) if held else ''}"
        )


def write(encoder: Encoder, path: Path, vocabulary: list[str]) -> None:
    """The weights under the names that the network reads."""
    given = {name: weights.numpy() for name, weights in encoder.base.state_dict().items()}
    out = {
        "embeddings.words": given["embeddings.word_embeddings.weight"],
        "embeddings.positions": given["embeddings.position_embeddings.weight"][:LONGEST],
        "embeddings.kinds": given["embeddings.token_type_embeddings.weight"],
        "embeddings.norm": given["embeddings.LayerNorm.weight"],
        "embeddings.norm:bias": given["embeddings.LayerNorm.bias"],
        "head": encoder.head.weight.detach().numpy(),
        "head:bias": encoder.head.bias.detach().numpy(),
    }
    for layer in range(encoder.base.config.num_hidden_layers):
        for ours, theirs in _PARTS.items():
            out[f"layer.{layer}.{ours}"] = given[f"encoder.layer.{layer}.{theirs}.weight"]
            out[f"layer.{layer}.{ours}:bias"] = given[f"encoder.layer.{layer}.{theirs}.bias"]
    save(path, out, vocabulary, [*map(str, Stance), PAST])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--held", nargs="*", type=Path, default=[])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--write", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    torch.manual_seed(0)
    knowledge = load_config().knowledge
    pairs, held = (
        [p for path in paths for p in pairs_of(read_gold(path), knowledge)]
        for paths in (given.gold, given.held)
    )
    pairs = thinned(pairs, random.Random(0))
    print(
        f"{len(pairs)} pairs, {sum(bool(p.stances) for p in pairs)} of them state something; {len(held)} held"
    )
    tokenizer = AutoTokenizer.from_pretrained(given.base)

    def encode(batch: list[Pair]) -> dict[str, torch.Tensor]:
        first, second = zip(*(p.asked.pair for p in batch), strict=True)
        return tokenizer(
            list(first), list(second), truncation=True, max_length=LONGEST, padding=True, return_tensors="pt"
        )

    encoder = Encoder(given.base)
    train(encoder, encode, pairs, held, given.epochs)
    numbers = json.loads((given.base / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    write(encoder, given.write, sorted(numbers, key=numbers.__getitem__))


if __name__ == "__main__":
    main()
