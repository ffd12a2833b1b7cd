"""What one file of config/ says of another, and whether it holds: ids given twice, companies that do not exist.

Each check takes typed values by their place in the file and yields faults; shapes are checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from extract.knowledge import Authority, Company, StanceRules
from pipelines.settings import Source, Subscriber
from pipelines.yamlfile import Fault, Loc, YamlFile, guess

FaultAt = Callable[[Loc, str], Fault]


def company_faults(file: YamlFile, companies: Mapping[int, Company]) -> Iterator[Fault]:
    """Ids given twice, parents that are not listed, companies that own themselves."""
    yield from _twice(file, "id", ((place, company.id) for place, company in companies.items()))
    parents = {company.id: company.parent for company in companies.values()}
    for place, company in companies.items():
        if company.parent is None:
            continue
        if company.parent not in parents:
            yield file.fault((place, "parent"), _no_company(company.parent, parents))
        elif company.id in _owners(company.id, parents):
            yield file.fault((place, "parent"), f"{company.id!r} would own itself")


def authority_faults(file: YamlFile, authorities: Mapping[int, Authority]) -> Iterator[Fault]:
    """Codes given twice."""
    yield from _twice(file, "code", ((place, authority.code) for place, authority in authorities.items()))


def stance_faults(file: YamlFile, named: str, rules: StanceRules) -> Iterator[Fault]:
    """A file that holds another stance than its name says; rule ids given twice."""
    if rules.stance != named:
        yield file.fault(("stance",), f"{named}.yml is the file of {named!r}, not of {rules.stance.value!r}")
    first: dict[str, int] = {}
    for place, rule in enumerate(rules.rules):
        if first.setdefault(rule.id, place) != place:
            yield file.fault(("rules", place, "id"), "this id is taken by a rule above")


def source_faults(
    file: YamlFile, sources: Mapping[int, Source], companies: Collection[str] | None
) -> Iterator[Fault]:
    """Ids and addresses given twice, owners that are not listed, news without an outlet."""
    yield from _twice(file, "id", ((place, source.id) for place, source in sources.items()))
    yield from _twice(file, "url", ((place, source.url) for place, source in sources.items()))
    for place, source in sources.items():
        if companies is not None and source.company is not None and source.company not in companies:
            yield file.fault((place, "company"), _no_company(source.company, companies))
        for key, words in _owner_faults(source):
            yield file.fault((place, key), words)
        if source.follow and source.kind in ("page", "report"):
            yield file.fault(
                (place, "follow"), f"a {source.kind} is fetched alone, no link of it is followed"
            )


def subscriber_faults(
    at: FaultAt, subscribers: Iterable[Subscriber], companies: Collection[str], authorities: Collection[str]
) -> Iterator[Fault]:
    """Filters that no change could ever pass."""
    for place, subscriber in enumerate(subscribers):
        here: Loc = ("alerts", "subscribers", place)
        for index, company in enumerate(subscriber.companies):
            if company not in companies:
                yield at((*here, "companies", index), _no_company(company, companies))
        for index, code in enumerate(subscriber.authorities):
            if code != "*" and code not in authorities:
                yield at((*here, "authorities", index), f"no authority {code!r} in authorities.yml")


def _owner_faults(source: Source) -> Iterator[tuple[str, str]]:
    if source.what == "news":
        if source.company is not None:
            yield (
                "company",
                "news is an outlet's; for a company's own words give 'what' (newsroom, privacy-policy, …)",
            )
        elif source.publisher is None:
            yield "publisher", "is missing: news needs the outlet's name"
    elif source.company is None:
        yield "company", f"is missing: whose own {source.what} is this?"


def _twice(file: YamlFile, key: str, values: Iterable[tuple[int, str]]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for place, value in values:
        if value in first:
            where = file.fault((first[value], key), "").line
            yield file.fault((place, key), f"{value!r} is given twice (first in line {where})")
        first.setdefault(value, place)


def _owners(slug: str, parents: Mapping[str, str | None]) -> list[str]:
    """The owners of a company, nearest first, each once."""
    owners: list[str] = []
    owner = parents.get(slug)
    while owner is not None and owner not in owners:
        owners.append(owner)
        owner = parents.get(owner)
    return owners


def _no_company(slug: str, known: Iterable[str]) -> str:
    return f"no company {slug!r} in companies.yml" + guess(slug, known)
