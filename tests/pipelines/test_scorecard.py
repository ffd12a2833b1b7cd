"""The figures of a gold file on a page: between its marks, the same every time, without a word of gold."""

from pathlib import Path

from support.reading import shipped

from pipelines.evaluate import GoldDocument, GoldStatement, evaluate, keyword_reader
from pipelines.scorecard import figures, replaced, write_figures

SECRET = "Telegram has refused to hand over encryption keys to the FSB."
MISS = "The harbour of nobody said something to Zoom."


def documents() -> list[GoldDocument]:
    right = GoldStatement(company="telegram", authority="RU", stance="refuses", evidence=SECRET)
    missed = GoldStatement(company="zoom", authority="*", stance="pauses", evidence=MISS)
    wrong = GoldStatement(company="telegram", authority="RU", stance="complies", evidence=SECRET)
    return [
        GoldDocument(id="d1", genre="news", text=SECRET, statements=(right,)),
        GoldDocument(id="d2", genre="wire", text=MISS, statements=(missed,)),
        GoldDocument(id="d3", genre="wire", text=SECRET, statements=(wrong,)),
    ]


def test_figures_name_measures_confusion_and_errors_by_step_but_no_text():
    report = evaluate(documents(), shipped())
    told = figures("dev", report, evaluate(documents(), shipped(), keyword_reader(shipped())))
    assert "| `now` | 0.500 | 0.333 | 0.400 | 1 | 1 | 2 |" in told
    assert "| `past` | – | – | – | 0 | 0 | 0 |" in told
    assert "keyword baseline" in told
    assert "The same, genre news:" in told
    assert r"d2: zoom \* pauses now" in told
    assert "| stance | 1 | d3: telegram RU refuses now |" in told
    assert SECRET not in told
    assert MISS not in told
    assert told == figures(
        "dev", evaluate(documents(), shipped()), evaluate(documents(), shipped(), keyword_reader(shipped()))
    )


def test_only_what_stands_between_its_own_marks_is_made_new():
    page = "# Page\n\n<!-- figures: dev -->\nold\n<!-- end -->\n\nText\n\n<!-- figures: policy -->\nkept\n<!-- end -->\n"
    assert replaced(page, "dev", r"new \1") == page.replace("old", r"new \1")


def test_a_part_without_marks_is_put_at_the_end():
    assert replaced("# Page\n", "dev", "new") == "# Page\n\n<!-- figures: dev -->\nnew\n<!-- end -->\n"
    assert replaced("", "dev", "new") == "<!-- figures: dev -->\nnew\n<!-- end -->\n"


def test_writing_twice_changes_nothing(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n", encoding="utf-8")
    report = evaluate(documents(), shipped())
    write_figures(page, "dev", report)
    first = page.read_text(encoding="utf-8")
    write_figures(page, "dev", report)
    assert page.read_text(encoding="utf-8") == first
    assert first.startswith("# Page\n\n<!-- figures: dev -->\n### Measured on `dev`\n")
