"""Documentation names what exists: every module with its own first line, every document and command of the README."""

import ast
import re
from pathlib import Path

import pytest
from support.tables import columns_of, filters_of

from pipelines import asked
from pipelines.bundle import ORDER
from pipelines.export import Kind

ROOT = Path(__file__).parents[1]
HOUSES = ("stancewatch", "crawler", "review", "pipelines", "extract")


def modules() -> list[tuple[str, str]]:
    """Path and first docstring line of every module, house by house."""
    found = []
    for house in HOUSES:
        for path in sorted((ROOT / house).rglob("*.py")):
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            found.append((path.relative_to(ROOT).as_posix(), said.partition("\n")[0]))
    return found


def test_every_module_says_what_it_is_for():
    assert [path for path, said in modules() if not said] == []


def test_the_architecture_lists_every_module_as_it_describes_itself():
    listed = re.findall(
        r"^- `([^`]+\.py)`: (.*)$", (ROOT / "docs/architecture.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(listed) == sorted((p, s) for p, s in modules() if not p.endswith("__init__.py"))


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", *(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").glob("*.md"))],
)
def test_links_between_documents_lead_somewhere(name):
    page = ROOT / name
    links = re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


EXPORTS = (ROOT / "docs/exports.md").read_text(encoding="utf-8")
# Printed by: cd tests && python -c "from support.tables import *; print(columns_of(Kind.CHANGES))"


@pytest.mark.parametrize("kind", Kind)
def test_every_column_of_an_export_is_told_as_the_code_tells_it(kind):
    assert columns_of(kind) in EXPORTS


@pytest.mark.parametrize(
    "fields", [asked.STATEMENTS, asked.CHANGES, (*asked.POSITIONS, asked.AS_OF, asked.KNOWN_AT)]
)
def test_every_filter_is_told_as_the_code_tells_it(fields):
    assert filters_of(fields) in EXPORTS


def test_every_member_of_a_bundle_is_told():
    assert [name for name in ORDER if f"| `{name}` |" not in EXPORTS] == []
