"""Every exchange into the archive before anything else happens to it. Reads no content."""

from __future__ import annotations

import asyncio
from http.client import responses

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response

from crawler import run as runs
from pipelines.archive import CODINGS, ArchiveError, Exchange


class Recorder:
    """Downloader middleware next to the wire; `meta["record"]` then says where the response lies."""

    async def process_response(self, request: Request, response: Response) -> Response:
        """Writes the exchange and hands the response on. An archive that cannot be written ends the run.

        Raises IgnoreRequest for a coding that the archive cannot undo: what could not be read again is no evidence.
        """
        run = runs.current()
        try:
            request.meta["record"] = await asyncio.to_thread(run.archive.write, _exchange(request, response))
        except ArchiveError as error:
            run.fail(error)
            raise IgnoreRequest(str(error)) from error
        coding = (response.headers.get("Content-Encoding") or b"").decode("latin-1").strip()
        if response.body and coding.lower() not in CODINGS:
            raise IgnoreRequest(f"its answer came in a coding nobody asked for ({coding})")
        return response


def _exchange(request: Request, response: Response) -> Exchange:
    return Exchange(
        url=request.url,
        method=request.method,
        request_headers=_pairs(request.headers),
        status=response.status,
        reason=responses.get(response.status, ""),  # Scrapy keeps no phrase
        response_headers=_pairs(response.headers),
        body=response.body,
        sent=request.meta["sent"],
        address=str(response.ip_address) if response.ip_address else None,
    )


def _pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple((k.decode("latin-1"), v.decode("latin-1")) for k, vs in headers.items() for v in vs)
