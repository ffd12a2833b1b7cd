"""The WARC archive: every exchange as received, synced to disk before any row points at it. Knows no database.

    write     request and response, one gzip member each, into NAME.warc.gz.open; fsync before it returns
    close     fsync, rename to NAME.warc.gz: sealed, never touched again
    recover   after a crash: cut an open file behind its last whole record, then seal it
    read      one record by file and offset, its checksums verified

An open file is never appended to by another run: whatever follows a torn record cannot be read.
`file` is always the sealed name; reading finds the open one while it is being written.
"""

from __future__ import annotations

import contextlib
import os
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParserException
from warcio.warcwriter import WARCWriter

from pipelines.clock import Clock

SUFFIX, OPEN = ".warc.gz", ".warc.gz.open"
# The codings that warcio undoes; the crawler asks for no others.
CODINGS = frozenset({"", "identity", "gzip", "deflate", "br"})
# No stored body is larger: a file that claims otherwise is not ours.
MOST_BYTES = 256 * 2**20
_CHUNK = 2**16


class ArchiveError(Exception):
    """The archive cannot be written or a record cannot be read; str() names file, offset and what to do."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its response as received: the body still content-encoded, header names as sent.

    `sent` is when the request left, UTC. `address` is the server's IP address where known.
    """

    url: str
    method: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    reason: str
    response_headers: tuple[tuple[str, str], ...]
    body: bytes
    sent: datetime
    address: str | None = None


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Where a response record lies: sealed file name, offset and length in bytes (of its gzip member)."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """What recovery found in one left-over file: whole records kept, bytes of a torn tail cut off."""

    file: str
    records: int
    cut_bytes: int


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response read back: `headers` with lower-case names, `body` decoded of its content coding."""

    url: str
    fetched: datetime
    status: int
    headers: dict[str, str]
    body: bytes
    record_id: str


class ArchiveWriter:
    """Writes exchanges into `folder`, which it makes. Thread-safe. The caller holds the crawl lock.

    A file is begun at the first exchange and again whenever it has reached `max_bytes`.
    """

    def __init__(self, folder: Path, clock: Clock, max_bytes: int = 2**30) -> None:
        self._folder = folder
        self._clock = clock
        self._max_bytes = max_bytes
        self._mutex = threading.Lock()
        self._file: BinaryIO | None = None
        self._name = ""
        self._records = WARCWriter(BytesIO(), gzip=True, warc_version="1.1")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def write(self, exchange: Exchange) -> RecordRef:
        """Store one exchange; both its records are on disk when this returns. Raises ArchiveError.

        After an error the file is given up (recovery will cut and seal it), and nothing more is written to it.
        """
        response = self._response(exchange)
        request = self._request(exchange, response)
        with self._mutex:
            try:
                file = self._file or self._begin()
                offset = file.tell()
                member = self._member(response)
                file.write(member + self._member(request))
                _sync(file)
                ref = RecordRef(self._name, offset, len(member))
                if file.tell() >= self._max_bytes:
                    self._seal()
            except OSError as error:
                self._abandon()
                raise ArchiveError(
                    f"archive {self._folder}: cannot write: {error.strerror or error}"
                ) from error
        return ref

    def close(self) -> None:
        """Seal the present file, if one was begun. Raises ArchiveError if it cannot be synced."""
        with self._mutex:
            try:
                self._seal()
            except OSError as error:
                self._abandon()
                raise ArchiveError(f"archive {self._name}: cannot seal: {error.strerror or error}") from error

    def _begin(self) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        stamp = self._clock().strftime("%Y%m%dT%H%M%SZ")
        for serial in range(1, 100_000):
            name = f"stancewatch-{stamp}-{serial:05d}{SUFFIX}"
            if (self._folder / name).exists():
                continue
            try:
                file: BinaryIO = (self._folder / f"{name}.open").open("xb")
            except FileExistsError:
                continue
            self._file, self._name = file, name
            file.write(self._member(self._info()))
            _sync(file)
            _sync_folder(self._folder)
            return file
        raise OSError(f"no free file name for {stamp}")

    def _seal(self) -> None:
        if self._file is None:
            return
        _sync(self._file)
        self._file.close()
        self._file = None
        (self._folder / f"{self._name}.open").rename(self._folder / self._name)
        _sync_folder(self._folder)

    def _abandon(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # its buffer cannot be written either; recovery cuts the tail
                self._file.close()
            self._file = None

    def _member(self, record: ArcWarcRecord) -> bytes:
        out = BytesIO()
        self._records.out = out
        self._records.write_record(record)
        return out.getvalue()

    def _info(self) -> ArcWarcRecord:
        facts = {"software": "stancewatch", "format": "WARC File Format 1.1", "conformsTo": "ISO 28500:2017"}
        return self._records.create_warcinfo_record(self._name, facts)

    def _response(self, exchange: Exchange) -> ArcWarcRecord:
        if exchange.sent.tzinfo is None:
            raise ValueError(f"naive time of request: {exchange.sent!r}")
        date = exchange.sent.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        facts = {"WARC-Date": date} | ({"WARC-IP-Address": exchange.address} if exchange.address else {})
        status = f"{exchange.status} {exchange.reason}".strip()
        headers = StatusAndHeaders(status, _safe(exchange.response_headers), protocol="HTTP/1.1")
        return self._records.create_warc_record(
            exchange.url,
            "response",
            payload=BytesIO(exchange.body),
            length=len(exchange.body),
            http_headers=headers,
            warc_headers_dict=facts,
        )

    def _request(self, exchange: Exchange, response: ArcWarcRecord) -> ArcWarcRecord:
        line = f"{exchange.method} {_path_of(exchange.url)} HTTP/1.1"
        headers = StatusAndHeaders(line, _safe(exchange.request_headers), is_http_request=True)
        facts = {
            "WARC-Date": response.rec_headers.get_header("WARC-Date"),
            "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
        }
        return self._records.create_warc_record(
            exchange.url,
            "request",
            payload=BytesIO(b""),
            length=0,
            http_headers=headers,
            warc_headers_dict=facts,
        )


def recover(folder: Path) -> list[Recovered]:
    """Mend and seal what a killed writer left open. The caller holds the crawl lock. Raises ArchiveError.

    A file without a single whole record is removed: no row can point into it.
    """
    found = []
    try:
        for path in sorted(folder.glob(f"*{OPEN}")):
            sealed = path.with_suffix("")
            with path.open("r+b") as file:
                ends = list(_whole_members(file))
                size = file.seek(0, os.SEEK_END)
                whole = ends[-1] if ends else 0
                if whole < size:
                    file.truncate(whole)
                _sync(file)
            if whole:
                path.rename(sealed)
            else:
                path.unlink()
            found.append(Recovered(sealed.name, len(ends), size - whole))
        if found:
            _sync_folder(folder)
    except OSError as error:
        raise ArchiveError(f"archive {folder}: cannot be recovered: {error.strerror or error}") from error
    return found


def read_response(folder: Path, file: str, offset: int) -> StoredResponse:
    """The response record at a place, verified. Raises ArchiveError if it is missing, torn or altered."""
    where = _named(file, offset)
    return response_in(_member_at(folder, file, offset, where), where)


def read_members(folder: Path, file: str, offset: int) -> bytes:
    """The bytes of a response's record as they lie in the archive (one gzip member), with those of its request behind it.

    Raises ArchiveError if they are missing or torn.
    """
    where = _named(file, offset)
    for name in (file, f"{file}.open", file):  # it may be sealed between two looks
        try:
            with (folder / name).open("rb") as stream:
                stream.seek(offset)
                ends = list(islice(_whole_members(stream), 2))
                if not ends:
                    raise ArchiveError(f"{where}: torn or altered; restore the file from a backup")
                stream.seek(offset)
                found = stream.read(ends[-1])
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ArchiveError(f"{where}: cannot be read: {error.strerror}") from error
        both = len(ends) == 2 and _is_request(found[ends[0] :], where)
        return found if both else found[: ends[0]]
    raise ArchiveError(f"{where}: no such file in {folder}; restore it from a backup")


def exchange_in(members: bytes, where: str) -> StoredResponse:
    """The response in what `read_members` gave, verified with its request if that is there, and nothing but these.

    `where` names it in errors. Raises ArchiveError.
    """
    records: list[bytes] = []
    rest = members
    while rest and len(records) < 2:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            records.append(unpacker.decompress(rest, MOST_BYTES))
        except zlib.error as error:
            raise ArchiveError(f"{where}: torn or altered ({error})") from error
        if not unpacker.eof:
            raise ArchiveError(f"{where}: torn, or larger than any record of ours")
        rest = unpacker.unused_data
    if rest or not records:
        raise ArchiveError(f"{where}: not one exchange, but something else besides")
    response = response_in(records[0], where)
    if len(records) == 2:
        with _odd_as_error(where):
            _expect_request(records[1], response.record_id, where)
    return response


def response_in(raw: bytes, where: str) -> StoredResponse:
    """The response record in some bytes, verified; `where` names it in errors. Raises ArchiveError."""
    with _odd_as_error(where):
        return _response_in(raw, where)


@contextlib.contextmanager
def _odd_as_error(where: str) -> Iterator[None]:
    """What warcio says of bytes that are no record, or that lack what every record has."""
    try:
        yield
    except (StopIteration, ArchiveLoadFailed, StatusAndHeadersParserException) as error:
        raise ArchiveError(f"{where}: no WARC record begins there") from error
    except (AttributeError, LookupError, TypeError, ValueError, EOFError, zlib.error) as error:
        raise ArchiveError(f"{where}: a damaged WARC record ({error})") from error


def _expect_request(raw: bytes, response_id: str, where: str) -> None:
    record = next(iter(ArchiveIterator(BytesIO(raw), check_digests=True)))
    record.content_stream().read(MOST_BYTES)
    asked = record.rec_headers.get_header("WARC-Concurrent-To")
    if record.rec_type != "request" or asked != response_id:
        raise ArchiveError(f"{where}: what follows the response is not its request")
    if record.digest_checker.passed is not True:
        raise ArchiveError(f"{where}: the digest of the request does not match its content: it was altered")


def _response_in(raw: bytes, where: str) -> StoredResponse:
    record = next(iter(ArchiveIterator(BytesIO(raw), check_digests=True)))
    if record.rec_type != "response" or record.http_headers is None:
        raise ArchiveError(f"{where}: a {record.rec_type} record, not a response")
    headers = {name.lower(): value for name, value in record.http_headers.headers}
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in CODINGS:
        raise ArchiveError(f"{where}: stored in the coding {coding!r}, which cannot be undone")
    body = record.content_stream().read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise ArchiveError(f"{where}: unpacks to more than {MOST_BYTES} bytes")
    if record.digest_checker.passed is not True:
        raise ArchiveError(f"{where}: its digest does not match its content: the file was altered")
    facts = record.rec_headers
    return StoredResponse(
        url=facts.get_header("WARC-Target-URI"),
        fetched=datetime.fromisoformat(facts.get_header("WARC-Date")).astimezone(UTC),
        status=int(record.http_headers.get_statuscode()),
        headers=headers,
        body=body,
        record_id=facts.get_header("WARC-Record-ID"),
    )


def _named(file: str, offset: int) -> str:
    where = f"archive file {file} at offset {offset}"
    if Path(file).name != file or not file.endswith(SUFFIX):
        raise ArchiveError(f"{where}: no name of an archive file")
    return where


def _is_request(member: bytes, where: str) -> bool:
    with _odd_as_error(where):
        record = next(iter(ArchiveIterator(BytesIO(_unpack(BytesIO(member))))), None)
        return record is not None and record.rec_type == "request"


def _member_at(folder: Path, file: str, offset: int, where: str) -> bytes:
    """The gzip member at an offset, unpacked; gzip's own checksum and length are verified on the way."""
    for name in (file, f"{file}.open", file):  # it may be sealed between two looks
        try:
            with (folder / name).open("rb") as stream:
                stream.seek(offset)
                return _unpack(stream)
        except FileNotFoundError:
            continue
        except (OSError, zlib.error, EOFError) as error:
            raise ArchiveError(
                f"{where}: torn or altered ({error}); restore the file from a backup"
            ) from error
    raise ArchiveError(f"{where}: no such file in {folder}; restore it from a backup")


def _unpack(stream: BinaryIO) -> bytes:
    unpacker, pieces, size = zlib.decompressobj(wbits=31), [], 0
    while not unpacker.eof:
        chunk = stream.read(_CHUNK)
        if not chunk:
            raise EOFError("the file ends inside the record")
        pieces.append(unpacker.decompress(chunk))
        size += len(pieces[-1])
        if size > MOST_BYTES:
            raise EOFError("the record is larger than any of ours")
    return b"".join(pieces)


def _whole_members(stream: BinaryIO) -> Iterator[int]:
    """The end offset of each whole gzip member from the start; stops at the first torn one."""
    end, rest = 0, b""
    while True:
        unpacker = zlib.decompressobj(wbits=31)
        used = 0
        while not unpacker.eof:
            chunk = rest or stream.read(_CHUNK)
            rest = b""
            if not chunk:
                return
            try:
                unpacker.decompress(chunk)
            except zlib.error:
                return
            used += len(chunk)
        rest = unpacker.unused_data
        end += used - len(rest)
        yield end


def _safe(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Headers that cannot break the record's own header block."""
    return [(_line(name), _line(value)) for name, value in headers]


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", " ").splitlines())


def _path_of(url: str) -> str:
    """Path and query of a URL, as they stand in a request line."""
    rest = url.partition("://")[2].partition("#")[0]
    at = min((i for i in (rest.find("/"), rest.find("?")) if i >= 0), default=len(rest))
    path = rest[at:] or "/"
    return path if path.startswith("/") else f"/{path}"


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
