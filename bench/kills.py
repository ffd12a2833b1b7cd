"""Kills the real thing at random moments and looks at what is left: a crawl of the sample sites, and delivery by SMTP.

    python bench/kills.py --kills 200 --seed 1 [--json]

A life is the demo's three crawls, each followed by delivery, in a folder of its own. A child (`python -m crawler`, or
a process that delivers) gets SIGKILL after a delay drawn from the length of the last one that ended by itself; whatever was
killed is started again until it ends by itself. Then the database, the archive and the mails are compared with those
of a life that nobody disturbed. Lives follow each other until there were enough kills. Exit code 1 on any difference.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import sqlalchemy as sa
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from pipelines.alerts.outbox import deliver
from pipelines.archive import ArchiveError, read_response
from pipelines.clock import standing
from pipelines.config import load_config
from pipelines.store.session import Store, open_store
from stancewatch.crawl import child_environ, crawl_command
from stancewatch.demo import MOMENTS, write_config
from stancewatch.sample import MailSink, SampleWeb

# Longer than a killed deliverer's claim: whatever it left is due again at the next attempt.
_LATER = timedelta(hours=1)
# How often one step is killed at most: on a machine that is busier than it was, it might never live long enough.
_MOST = 6
# Besides the demo's analyst, so that delivery takes a while.
_READERS = 20
# What must be the same in any two lives, table by table. Times to the microsecond and ids that name who told first
# differ between two undisturbed crawls as well.
_FACTS = {
    "statements": "SELECT d.url, s.company, s.authority, s.stance, s.time, s.evidence FROM statements s"
    " JOIN documents d ON d.id = s.document_id",
    "documents": "SELECT url, id FROM documents",
    "captures": "SELECT url, digest, outcome FROM captures",
    "versions": "SELECT url, n, document_id FROM versions",
    "changes": "SELECT company, authority, kind, severity, status, baseline FROM changes",
    "alerts": "SELECT c.company, c.authority, a.change_status, a.recipient, a.state FROM alerts a"
    " JOIN changes c ON c.id = a.change_id",
}
_POSITIONS = "SELECT company, authority, held FROM positions"
_PLACES = "SELECT url, warc_file, warc_offset FROM captures"


@dataclass
class Findings:
    """What is left of one life: rows by table, mails by what they say, and how many came more than once."""

    rows: dict[str, Counter[tuple[str, ...]]]
    mails: Counter[tuple[str, str]]
    repeated: int
    broken: list[str] = field(default_factory=list)

    def against(self, calm: Findings) -> dict[str, int]:
        """How many rows are missing, and how many too many, beside an undisturbed life."""
        lost = sum(sum((calm.rows[t] - self.rows[t]).values()) for t in calm.rows)
        more = sum(sum((self.rows[t] - calm.rows[t]).values()) for t in calm.rows)
        statements = calm.rows["statements"]
        return {
            "statements_lost": sum((statements - self.rows["statements"]).values()),
            "statements_doubled": sum((self.rows["statements"] - statements).values()),
            "rows_lost": lost,
            "rows_more": more,
            "alerts_lost": sum((calm.mails - self.mails).values()),
            "alerts_more": sum((self.mails - calm.mails).values()),
            "archive_broken": len(self.broken),
        }


class Life:
    """A folder, its configuration, and the children that work in it."""

    def __init__(self, folder: Path, web: SampleWeb, mail: MailSink) -> None:
        self.web, self.mail = web, mail
        self.before = len(mail.messages)
        self.overlay = write_config(folder, web.port, mail.port)
        with (self.overlay / "stancewatch.yml").open("a", encoding="utf-8") as settings:
            settings.writelines(f"    - {{email: reader{n}@desk.localhost}}\n" for n in range(_READERS))
        data = folder / "data"
        self.own = {
            "STANCEWATCH_DATA_DIR": str(data),
            "STANCEWATCH_DATABASE": f"sqlite:///{data / 'stancewatch.db'}",
        }
        self.environ = child_environ(self.overlay, self.own)
        self.config = load_config(self.overlay, self.own)
        open_store(self.config.settings.database_url, upgrade=True).close()
        self.attempts = 0

    def steps(self) -> list[tuple[str, datetime, str]]:
        """Each crawl and the delivery after it: what, when, and what the sites show."""
        return [(what, moment, state) for moment, state in MOMENTS for what in ("crawl", "delivery")]

    def run(self, step: tuple[str, datetime, str], patience: float | None) -> tuple[bool, float]:
        """Start a step's child and kill it when patience (seconds) ends; whether it was killed, and its length."""
        what, moment, state = step
        self.web.show(state)
        self.attempts += 1
        began = monotonic()
        # Its standard input stays open while we live; as `stancewatch run` does it, its group dies with it.
        child = subprocess.Popen(
            self._command(what, moment), env=self.environ, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0,
        )  # fmt: skip
        killed = False
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            killed = True
            _end_group(child.pid)
        _, said = child.communicate()
        if not killed and child.returncode != 0:
            raise SystemExit(f"{what} of {moment} ended with {child.returncode}:\n{said.decode()}")
        return killed, monotonic() - began

    def _command(self, what: str, moment: datetime) -> tuple[str, ...]:
        if what == "crawl":
            return crawl_command(now=moment + timedelta(minutes=self.attempts))
        at = moment + self.attempts * _LATER
        return (sys.executable, __file__, "--deliver-at", at.isoformat())

    def findings(self) -> Findings:
        """What the life has left behind."""
        store = open_store(self.config.settings.database_url)
        try:
            rows = {name: _rows(store, query) for name, query in _FACTS.items()}
            rows["positions"] = Counter(
                (c, a, " ".join(sorted(h["stance"] for h in json.loads(held))))
                for c, a, held in _raw(store, _POSITIONS)
            )
            broken = [
                *self._unreadable(store),
                *(p.name for p in self.config.settings.archive_dir.glob("*.open")),
            ]
        finally:
            store.close()
        mails = self.mail.messages[self.before :]
        once = {mail["Message-ID"]: mail for mail in mails}
        said = Counter((str(mail["To"]), str(mail["Subject"])) for mail in once.values())
        return Findings(rows, said, len(mails) - len(once), broken)

    def _unreadable(self, store: Store) -> list[str]:
        found = []
        for url, file, offset in _raw(store, _PLACES):
            try:
                read_response(self.config.settings.archive_dir, file, offset)
            except ArchiveError as error:
                found.append(f"{url}: {error}")
        return found


def _raw(store: Store, query: str) -> list[tuple[str, ...]]:
    with store.reading() as session:
        return [tuple(row) for row in session.execute(sa.text(query))]


def _rows(store: Store, query: str) -> Counter[tuple[str, ...]]:
    return Counter(tuple(map(str, row)) for row in _raw(store, query))


def _end_group(group: int) -> None:
    try:
        os.killpg(group, 9)
    except ProcessLookupError:
        return


def deliver_at(moment: datetime) -> None:
    """The child that delivers: one round, its clock standing still."""
    config = load_config()
    store = open_store(config.settings.database_url)
    try:
        deliver(store, config, standing(moment))
    finally:
        store.close()


def bench(kills: int, seed: int, console: Console) -> dict[str, object]:
    """The whole measurement; its figures."""
    draw = random.Random(seed)
    with (
        tempfile.TemporaryDirectory(prefix="sw-kills-") as name,
        SampleWeb() as web,
        MailSink() as mail,
        Progress(*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn(), console=console)
        as progress,
    ):  # fmt: skip
        task = progress.add_task("kills", total=kills)
        calm, lengths = undisturbed(Path(name), web, mail)
        sums: Counter[str] = Counter()
        done = lives = 0
        while done < kills:
            lives += 1
            folder = Path(name) / f"life{lives}"
            folder.mkdir()
            life = Life(folder, web, mail)
            killed = 0
            for n, step in enumerate(life.steps()):
                for _ in range(_MOST):
                    if done == kills:
                        life.run(step, None)
                        break
                    after = draw.uniform(0, lengths[n])
                    died, length = life.run(step, after)
                    if not died:
                        lengths[n] = length  # the machine may be busier than it was, or less busy
                        break
                    done, killed = done + 1, killed + 1
                    progress.advance(task)
                    console.print(
                        f"{done:4} life {lives} {step[2]:13} {step[0]:8} killed after {after:6.3f} s"
                    )
                else:
                    life.run(step, None)
            left = life.findings()
            differs = left.against(calm)
            sums.update(differs | {"repeated_mails": left.repeated})
            sums["too_many_repeats"] += max(0, left.repeated - killed)
            console.print(
                f"     life {lives} ends: {killed} kills, {left.repeated} mails repeated, "
                f"{'equal' if not any(differs.values()) else f'DIFFERS: {differs}'}"
            )
            for words in left.broken:
                console.print(f"     {words}")
            _show(left, calm, console)
    breaches = sum(v for k, v in sums.items() if k != "repeated_mails")
    return {"kills": done, "lives": lives, "seed": seed, **sums, "equal": not breaches}


def _show(left: Findings, calm: Findings, console: Console) -> None:
    """Each row that is missing or too many."""
    for table, rows in calm.rows.items():
        for sign, difference in (("-", rows - left.rows[table]), ("+", left.rows[table] - rows)):
            for row in difference:
                console.print(f"     {sign} {table}: {' | '.join(row)[:300]}", markup=False)


def undisturbed(folder: Path, web: SampleWeb, mail: MailSink) -> tuple[Findings, list[float]]:
    """A life without kills, and how long each of its steps took, seconds."""
    (folder / "calm").mkdir()
    life = Life(folder / "calm", web, mail)
    lengths = [life.run(step, None)[1] for step in life.steps()]
    return life.findings(), lengths


def main() -> int:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="the figures as one object on standard output")
    parser.add_argument("--deliver-at", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.deliver_at:
        deliver_at(options.deliver_at)
        return 0
    figures = bench(options.kills, options.seed, Console(stderr=options.json))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):20} {value}")
    return 0 if figures["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
