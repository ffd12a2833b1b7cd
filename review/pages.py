"""Pages from templates: every value in them is escaped. Knows no route and no store."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FunctionLoader, StrictUndefined


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page with this status, made of a template and values."""
    return HTMLResponse(_environment().get_template(template).render(values), status)


def file(name: str) -> str:
    """The text of a file of this package."""
    return files("review").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    loader = FunctionLoader(lambda name: file(f"templates/{name}"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
