"""What every view of the desk works with: the store, the configuration, the clock, the door, and pages with our names."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from extract.types import GENERAL
from pipelines.clock import Clock
from pipelines.config import Config
from pipelines.ledger import Context, context_of
from pipelines.store.session import Store
from review.access.door import Door
from review.names import Names
from review.pages import page


class Desk:
    """The open store (which stays the caller's), what config says, and the time.

    `companies` (slug → name), `parents` (slug → slug of the parent) and `authorities` (code → name) are those that config
    lists.
    """

    def __init__(self, store: Store, config: Config, clock: Clock) -> None:
        self.store, self.config, self.clock = store, config, clock
        self.names = Names(config.knowledge)
        self.door = Door(store, config.settings.desk, clock)
        self.companies = {company.id: company.name for company in config.knowledge.companies}
        self.parents = {company.id: company.parent for company in config.knowledge.companies}
        self._rules = {rule.id: rule.why for rules in config.knowledge.stances for rule in rules.rules}
        self.authorities = {authority.code: authority.name for authority in config.knowledge.authorities}

    @property
    def context(self) -> Context:
        """What the ledger needs to post something now."""
        return context_of(self.config)

    def company(self, slug: str) -> str:
        """A company's name, or its slug if config does not list it."""
        return self.companies.get(slug, slug)

    def why(self, rule: str) -> str:
        """What a rule looks for, in its own words; empty for one that config does not have any more."""
        if rule.endswith(".second-reader"):
            return "no rule has words for it: the trained second reader finds the stance likely"
        return self._rules.get(rule, "")

    def authority(self, code: str) -> str:
        """An authority's name, or its code."""
        return self.authorities.get(code) or ("authorities in general" if code == GENERAL else code)

    def page(self, request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page of the desk, for whoever asked."""
        visitor = getattr(request.state, "visitor", None)
        return page(
            template, status, me=visitor, path=request.url.path, now=self.clock(), desk=self, **values
        )


def back_to(address: str) -> RedirectResponse:
    """After something was done: look at this address, by GET."""
    return RedirectResponse(address, 303)
