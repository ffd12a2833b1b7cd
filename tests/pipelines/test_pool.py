"""A page may do to its worker what it likes: it gets outcome error, the next page is read."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest
from support import hostile
from support.captures import capture
from support.small import small_knowledge

from extract.types import Outcome
from pipelines.config import AnalyseSettings
from pipelines.pool import AnalysePool, PoolError

QUICK = AnalyseSettings(workers=1, timeout_s=0.5)


@pytest.fixture(scope="module")
def pool() -> Iterator[AnalysePool]:
    with AnalysePool(small_knowledge(), QUICK, hostile.analyse) as running:
        yield running


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("hang", "took longer than 0.5 s, stopped"),
        ("exit", "the worker process died over it (exit code 7)"),
        ("kill", "the worker process died over it (SIGKILL)"),
        ("memory", "needs more memory than a page may take"),
        ("raise", "analysis failed: ValueError: a page of nonsense"),
    ],
)
def test_a_hostile_page_is_an_error_and_the_next_page_is_read(
    pool: AnalysePool, body: str, words: str
) -> None:
    assert pool.analyse(capture(body)).note == words
    assert pool.analyse(capture(body)).outcome is Outcome.ERROR
    after = pool.analyse(capture("an honest page"))
    assert (after.outcome, after.note.split()[1]) == (Outcome.OK, "small")


def test_a_worker_killed_between_two_pages_is_replaced(pool: AnalysePool) -> None:
    worker = int(pool.analyse(capture("who are you")).note.split()[0])
    os.kill(worker, signal.SIGKILL)
    answer = pool.analyse(capture("and you"))
    assert answer.outcome is Outcome.OK
    assert int(answer.note.split()[0]) != worker


def test_many_threads_share_the_pool_and_each_gets_its_own_answer(pool: AnalysePool) -> None:
    found: dict[int, Outcome] = {}

    def read(number: int) -> None:
        found[number] = pool.analyse(capture("raise" if number % 3 == 0 else f"page {number}")).outcome

    threads = [threading.Thread(target=read, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: Outcome.ERROR if n % 3 == 0 else Outcome.OK for n in range(12)}


def test_headers_of_any_mapping_reach_the_worker(pool: AnalysePool) -> None:
    page = capture("x", headers=MappingProxyType({"content-type": "text/html"}))
    assert pool.analyse(page).outcome is Outcome.OK


def test_a_closed_pool_says_so() -> None:
    pool = AnalysePool(small_knowledge(), QUICK, hostile.analyse)
    pool.close()
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        pool.analyse(capture("x"))


def test_who_waits_for_a_page_is_told_when_the_pool_is_closed(tmp_path: Path) -> None:
    pool = AnalysePool(small_knowledge(), AnalyseSettings(workers=1), hostile.analyse)
    pipe, told = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)

    def read() -> None:
        try:
            pool.analyse(capture(str(pipe)))
        except RuntimeError as error:
            told.append(str(error))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    pipe.open("rb").close()  # opens when the worker is at the page
    pool.close()
    reader.join(20)
    assert told == ["the pool is closed"]


def test_an_analysis_that_cannot_start_is_a_fault_of_the_installation() -> None:
    class Unreadable:
        """Pickles, but cannot be loaded again."""

        def __reduce__(self) -> tuple[object, ...]:
            return (int, ("no number",))

    with (
        AnalysePool(Unreadable(), QUICK, hostile.analyse) as pool,  # type: ignore[arg-type]
        pytest.raises(PoolError, match="cannot start: ValueError"),
    ):
        pool.analyse(capture("x"))


def test_the_real_analysis_in_a_worker_reads_statements_and_survives_a_page_too_large_to_read() -> None:
    story = (
        "<html lang=en><title>Zoom refuses to hand over user data</title><article><h1>Zoom refuses to hand over user data</h1>"
        "<p>Zoom refuses to hand over user data to the police in Hong Kong, the company said in a letter on Monday.</p>"
        "<p>The letter was sent to the authorities after they had asked for the records of three accounts.</p></article>"
    )
    huge = "<html lang=en><body>" + "<p>No account here holds a word of news." * 50_000
    with AnalysePool(small_knowledge(), AnalyseSettings(workers=1)) as pool:
        assert pool.analyse(capture(huge)).note == "more than 40000 elements"
        analysis = pool.analyse(capture(story))
    assert analysis.document is not None
    assert [(s.company, s.authority, s.stance) for s in analysis.statements] == [("zoom", "HK", "refuses")]
