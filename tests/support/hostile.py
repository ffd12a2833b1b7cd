"""Analyses that do what hostile pages do to a process; the body says which."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from extract.knowledge import Knowledge
from extract.types import Analysis, Capture, Outcome


def analyse(capture: Capture, knowledge: Knowledge) -> Analysis:
    """Hangs, dies, fills memory or raises, as the body says; else ok, with the process id as note."""
    match capture.body:
        case b"hang":
            threading.Event().wait()
        case b"exit":
            os._exit(7)
        case b"kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"memory":
            return Analysis(Outcome.OK, str(len(bytearray(2**34))))
        case b"raise":
            raise ValueError("a page of nonsense")
        case body if body.startswith(b"/"):  # a named pipe: tells the test that it hangs now
            Path(body.decode()).open("wb").close()
            threading.Event().wait()
    return Analysis(Outcome.OK, f"{os.getpid()} {knowledge.version}")
