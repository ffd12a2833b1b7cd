"""`coding …`: samples that two people code blind: drawn, how far they are, how far they agree, ruled by, exported."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stancewatch.cli import show
from stancewatch.cli.exports import Form, Output, format_of, write
from stancewatch.cli.positions import Authority, Company, authority_of, company_of
from stancewatch.cli.setup import Setup, UsageError, command, group

if TYPE_CHECKING:
    from pipelines.agreement import Agreement, Kappa
    from pipelines.coded import Plan
    from pipelines.coding import Round
    from pipelines.store.session import Session

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The sample's name.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    coding = group("coding", "Samples that two people code blind, at the desk.")
    command(coding, "draw", "stancewatch coding draw november --coders ana,bo --size 100 --seed 7")(draw)
    command(coding, "list", "stancewatch coding list")(list_samples)
    command(coding, "show", "stancewatch coding show november\nstancewatch coding show november --json")(
        show_one
    )
    command(
        coding,
        "agreement",
        "stancewatch coding agreement november\nstancewatch coding agreement november --json",
    )(agreement)
    command(
        coding, "rule", "stancewatch coding rule november\nstancewatch coding rule november --who ada --apply"
    )(rule)
    command(
        coding, "export",
        "stancewatch coding export november > november.csv\nstancewatch coding export november --format jsonl",
    )(export)  # fmt: skip
    app.add_typer(coding)


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
        found = coding.draw(
            store, name, (names[0], names[1]), size, who="command line", seed=seed, now=utc_now(),
            company=company_of(config.knowledge, company), authority=authority_of(authority),
        )  # fmt: skip
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


def show_one(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """How far a sample is: who coded how many, what is left to do, and, once both have coded all, how far they agree."""
    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = _round(session, name)
    agreed = found.agreement()
    size, waiting = len(found.units), [unit.n for unit in found.units if unit.result is None]
    differ = [unit.n for unit in found.units if unit.differs]
    if as_json:
        coders = [{"name": who, "coded": size - n, "left": n} for who, n in found.left.items()]
        told: dict[str, Any] = {"sample": found.sample, "state": found.state, "coders": coders}
        if agreed is not None:
            told |= {
                "differ": differ,
                "open": waiting,
                "agreement": _every(agreed),
                "codes": _pairs(found, agreed),
            }
        show.line(told)
        return
    sample = found.sample
    show.say(show.quote(f"{sample.name}: {size} statements, {found.state}"))
    show.say(show.quote(f"drawn {sample.at:%Y-%m-%d %H:%M} UTC by {sample.who} with seed {sample.seed}"))
    show.table(
        ["coder", "coded", "left"], [[who, size - n, n] for who, n in found.left.items()], whole=["coder"]
    )
    if agreed is None:
        show.say("agreement is told once both have coded all")
        return
    show.say()
    _tell(found, agreed)
    if waiting:
        show.say(f"the last word is open on {', '.join(map(str, waiting))}: at the desk, under Coding")
    else:
        show.say(f"`stancewatch coding rule {sample.name}` tells what would be ruled")


def agreement(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """How far the two coders agree beyond chance: Cohen's kappa, over all and for each stance; and who coded what.

    Told once both have coded all. With --json first a line for each category, then one for each pair of codes.
    """
    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        found = _round(session, name)
    found.expect_coded()
    agreed = found.agreement()
    assert agreed is not None
    if not as_json:
        _tell(found, agreed)
        return
    for category, kappa in _every(agreed).items():
        show.line({"sample": name, "state": found.state, "category": category} | show.plain(kappa))
    for pair in _pairs(found, agreed):
        show.line({"sample": name, "state": found.state} | pair)


def rule(
    context: typer.Context,
    name: Name,
    who: Annotated[
        str | None, typer.Option("--who", metavar="NAME", help="The analyst who rules; else the user's name.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Rule so; without it nothing is changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rule as people found: accept what the machine read the same, reject what states nothing, correct the rest.

    Tells for each statement which stance it has and would get; --apply rules so. A statement with a ruling that stands
    keeps it.
    """
    from pipelines import coded
    from pipelines.clock import utc_now
    from pipelines.ledger import context_of

    setup: Setup = context.obj
    config = setup.config()
    with setup.store(config) as store:
        with store.reading() as session:
            _round(session, name)
            plan = coded.plan_of(session, name)
        ruled = 0
        if apply:
            ruled = coded.apply(
                store,
                name,
                who=who or getpass.getuser(),
                now=utc_now(),
                context=context_of(config),
                seen=plan.key,
            )
    _tell_plan(plan, as_json=as_json)
    if as_json:
        show.line({"to_rule": len(plan.to_rule), "kept": len(plan.kept), "ruled": ruled, "applied": apply})
    else:
        done = f"ruled on {ruled}" if apply else "nothing was changed; `--apply` rules so"
        show.say(f"{len(plan.to_rule)} to rule, {len(plan.kept)} keep the ruling that stands: {done}")


def export(context: typer.Context, name: Name, form: Form = "csv", output: Output = None) -> None:
    """A sample unit by unit, once both have coded all: both codes, the last word, what the machine read."""
    from pipelines.coded import code_rows
    from pipelines.export import Kind, encoded

    chosen = format_of(form, output)
    setup: Setup = context.obj
    with setup.reading(setup.config()) as session:
        rows = list(code_rows(session, _round(session, name)))
        write(encoded(Kind.CODES, chosen, rows), output)


def _round(session: Session, name: str) -> Round:
    """Raises UsageError."""
    from pipelines.coding import round_of

    try:
        return round_of(session, name)
    except LookupError as error:
        raise UsageError(f"{error.args[0]}: `stancewatch coding list` lists them") from error


def _every(agreed: Agreement) -> dict[str, Kappa]:
    return {"overall": agreed.overall, **agreed.by_stance}


def _pairs(found: Round, agreed: Agreement) -> list[dict[str, Any]]:
    """How often each pair of codes was given, by the coders' names."""
    both = found.sample.coders
    return [
        {"codes": dict(zip(both, pair, strict=True)), "n": n} for pair, n in sorted(agreed.confusion.items())
    ]


def _tell(found: Round, agreed: Agreement) -> None:
    show.table(
        ["category", "n", "agree", "by chance", "kappa", "95 % interval"],
        [
            [category, kappa.n, f"{kappa.observed:.2f}", f"{kappa.expected:.2f}", *_kappa(kappa)]
            for category, kappa in _every(agreed).items()
        ],
        whole=["category"],
    )
    first, second = found.sample.coders
    show.say()
    show.say(show.quote(f"who coded what: rows are what {first} coded, columns what {second} coded"))
    show.table(
        [f"{first} \\ {second}", *agreed.given, "all"],
        [[name, *counts] for name, counts in agreed.table().items()],
    )
    show.say()
    differ = [str(unit.n) for unit in found.units if unit.differs]
    on = f": {', '.join(differ)}" if differ else ""
    show.say(f"{found.state}; they differ on {len(differ)} of {agreed.overall.n}{on}")


def _tell_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        for one in plan.intended:
            show.line(
                {"n": one.n, "statement": one.said.id, "company": one.said.company, "authority": one.said.authority,
                 "now": one.now, "after": one.after, "ruling": one.ruling}
            )  # fmt: skip
        return
    show.table(
        ["unit", "statement", "company", "authority", "ruling", "now", "after", "sentence"],
        [
            [one.n, show.short(one.said.id), one.said.company, one.said.authority, one.ruling, one.now, one.after, one.said.evidence]
            for one in plan.intended
        ],
        whole=["statement"],
    )  # fmt: skip


def _kappa(kappa: Kappa) -> list[str]:
    if kappa.kappa is None or kappa.low is None or kappa.high is None:
        return [show.NOTHING, show.NOTHING]
    return [f"{kappa.kappa:.2f}", f"{kappa.low:.2f} to {kappa.high:.2f}"]
