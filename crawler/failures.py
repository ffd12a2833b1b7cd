"""Why there is no response, in plain words. Decides nothing: spiders and the run do."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)


class RefusedError(IgnoreRequest):
    """A request that must not be sent: its address or robots.txt forbids it. str() says why."""


class HeldBackError(IgnoreRequest):
    """A request that is not sent in this run; the next run tries it again. str() says why."""


# Hosts whose address the guard held back when connecting; to Scrapy they are names without an address.
ADDRESSES_REFUSED: dict[str, str] = {}

_PLAIN: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadConnectionRefusedError, "connection refused"),
    (DownloadTimeoutError, "no whole answer within the time limit"),
    (TimeoutError, "stopped while it was being fetched"),
    (DownloadCancelledError, "larger than the size limit"),
    (ResponseDataLossError, "the answer broke off before its end"),
    (CannotResolveHostError, "its host name is not known (DNS)"),
)


def words_of(error: BaseException, host: str) -> str:
    """One line for an operator; never a traceback."""
    text = str(error)
    if isinstance(error, CannotResolveHostError) and host in ADDRESSES_REFUSED:
        return f"its name leads to {ADDRESSES_REFUSED[host]}, which a source may not reach"
    if isinstance(error, IgnoreRequest):
        if "DOWNLOAD_MAXSIZE" in text:
            return "larger than the size limit once decompressed"
        return "redirects too often" if text == "max redirections reached" else text
    for kind, words in _PLAIN:
        if isinstance(error, kind):
            return words
    if isinstance(error, DownloadFailedError):
        if "certificate verify failed" in text or "VerificationError" in text:  # its chain, or its host
            return "its TLS certificate is not valid for this host"
        return "no TLS connection" if "SSL" in text else "the connection was lost"
    return f"{type(error).__name__}: {text[:200]}"
