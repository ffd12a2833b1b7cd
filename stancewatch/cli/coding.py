"""`coding …`, `gold …`: samples that two people code blind, how far they agree, and rulings as labelled documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stancewatch.cli import show
from stancewatch.cli.positions import Authority, Company, authority_of, company_of
from stancewatch.cli.setup import Setup, UsageError, command, group

if TYPE_CHECKING:
    from pipelines.agreement import Kappa

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The sample's name.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    coding = group("coding", "Samples that two people code blind, at the desk.")
    command(coding, "draw", "stancewatch coding draw november --coders ana,bo --size 100 --seed 7")(draw)
    command(coding, "list", "stancewatch coding list")(list_samples)
    command(
        coding,
        "agreement",
        "stancewatch coding agreement november\nstancewatch coding agreement november --json",
    )(agreement)
    app.add_typer(coding)
    gold = group("gold", "Rulings as labelled documents.")
    command(
        gold, "export",
        "stancewatch gold export --output ruled.jsonl\nstancewatch gold export --whole --json > whole.jsonl",
    )(export_gold)  # fmt: skip
    app.add_typer(gold)


def draw(
    context: typer.Context,
    name: Name,
    coders: Annotated[str, typer.Option("--coders", metavar="A,B", help="Two analysts, by name.")],
    size: Annotated[int, typer.Option("--size", min=1, help="How many statements.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same again.")] = 1,
    company: Company = None,
    authority: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Draw statements to be coded: of each stance as many as there are, as evenly as that goes."""
    from pipelines import coding
    from pipelines.clock import utc_now

    setup: Setup = context.obj
    config = setup.config()
    names = tuple(part.strip().lower() for part in coders.split(","))
    if len(names) != 2:
        raise UsageError(f"--coders {coders!r}: name two, as in ana,bo")
    with setup.store(config) as store:
        try:
            found = coding.draw(
                store, name, (names[0], names[1]), size, who="command line", seed=seed, now=utc_now(),
                company=company_of(config.knowledge, company), authority=authority_of(authority),
            )  # fmt: skip
        except coding.CodingError as error:
            raise UsageError(str(error)) from error
    if as_json:
        show.line({"name": found.sample.name, "size": len(found.units), "coders": found.sample.coders})
        return
    show.say(
        f"{len(found.units)} statements wait for {' and '.join(found.sample.coders)} at the desk, under Coding"
    )


def list_samples(context: typer.Context, as_json: AsJson = False) -> None:
    """All samples, the newest first."""
    from pipelines.store import coding

    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = coding.samples(session)
    if as_json:
        for sample in found:
            show.line(sample)
        return
    show.table(
        ["sample", "drawn (UTC)", "by", "coders", "size"],
        [[s.name, s.at, s.who, " and ".join(s.coders), s.size] for s in found],
        whole=["sample"],
    )


def agreement(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """How far the two coders agree beyond chance: Cohen's kappa, over all and for each stance."""
    from pipelines import coding

    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        try:
            found = coding.round_of(session, name)
        except LookupError as error:
            raise UsageError(str(error.args[0])) from error
    agreed = found.agreement()
    if agreed is None:
        raise UsageError(f"nothing of {name} is coded by both yet")
    every = {"overall": agreed.overall, **agreed.by_stance}
    if as_json:
        for category, kappa in every.items():
            show.line({"sample": name, "state": found.state, "category": category} | show.plain(kappa))
        return
    show.table(
        ["category", "n", "agree", "by chance", "kappa", "95 % interval"],
        [[category, kappa.n, f"{kappa.observed:.2f}", f"{kappa.expected:.2f}", *_kappa(kappa)] for category, kappa in every.items()],
        whole=["category"],
    )  # fmt: skip
    differ = [unit.n for unit in found.units if unit.differs]
    show.say(f"{found.state}; they differ on {len(differ)} of {agreed.overall.n}")


def export_gold(
    context: typer.Context,
    whole: Annotated[
        bool, typer.Option("--whole", help="Only documents of which every statement was ruled on.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where it goes; else standard output.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The documents that analysts ruled on, as `stancewatch evaluate` reads them; one JSON object a line either way."""
    from pipelines.files import write_whole
    from pipelines.goldfile import gold_of

    del as_json  # they are JSON lines already
    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = list(gold_of(session, whole=whole))
    if output is None:
        for one in found:
            show.say(one.text)
    else:
        try:
            write_whole(output, (f"{one.text}\n".encode() for one in found))
        except OSError as error:
            raise UsageError(f"{output}: {error.strerror}") from error
    corrected = sum(one.corrections for one in found)
    show.note(
        f"{len(found)} documents, {sum(one.whole for one in found)} reviewed whole, {corrected} corrections"
    )


def _kappa(kappa: Kappa) -> list[str]:
    if kappa.kappa is None or kappa.low is None or kappa.high is None:
        return [show.NOTHING, show.NOTHING]
    return [f"{kappa.kappa:.2f}", f"{kappa.low:.2f} to {kappa.high:.2f}"]
