"""What people type for a company or an authority → its slug or code: slugs and codes themselves, and the names that config lists."""

from __future__ import annotations

import re

from extract.knowledge import Knowledge
from extract.types import GENERAL

# What may be a company that config does not list: of such there may be statements, too.
_SLUG = re.compile("[a-z0-9][a-z0-9-]{0,60}")
_CODE = re.compile("[A-Z]{2}")


class Names:
    """All names that config lists, whatever their capitals."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._companies: dict[str, str] = {}
        for company in knowledge.companies:
            for name in (*company.aliases, company.name):
                self._companies[name.casefold()] = company.id
        self._companies |= {
            company.id: company.id for company in knowledge.companies
        }  # a slug before another's name
        self._authorities = {a.name.casefold(): a.code for a in knowledge.authorities}
        self._authorities |= {a.code.casefold(): a.code for a in knowledge.authorities}

    def listed(self, words: str) -> str | None:
        """The slug of a company that config lists; None if it lists none of this name."""
        return self._companies.get(words.strip().casefold())

    def company(self, words: str) -> str:
        """The slug. Raises ValueError for what is neither listed nor can be a slug."""
        wanted = words.strip().casefold()
        found = self.listed(words)
        if found is None and _SLUG.fullmatch(wanted):
            found = wanted
        if found is None:
            raise ValueError(f"{words!r} is no company: choose one from the list, or write a slug")
        return found

    def authority(self, words: str) -> str:
        """The code, or "*". Raises ValueError for what config does not list."""
        wanted = words.strip()
        found = GENERAL if wanted == GENERAL else self._authorities.get(wanted.casefold())
        if found is None:
            raise ValueError(f"{words!r} is no authority: write a country's code, EU, or * for all of them")
        return found

    def asked(self, company: str, authority: str) -> tuple[str, str]:
        """Both as a filter takes them, empty for what is not asked for; a code that config lost may still be asked for.

        Raises ValueError.
        """
        code = authority.strip()
        listed = not code or _CODE.fullmatch(code.upper()) is None or code.casefold() in self._authorities
        return (
            self.company(company) if company.strip() else "",
            (self.authority(code) if code else "") if listed else code.upper(),
        )
