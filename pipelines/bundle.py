"""The evidence of one statement in one file, to be checked anywhere, without this program's database or network.

A zip of six members, always in the same order, with the same dates and nothing compressed, so that the same evidence is
the same file, and every byte of it is accounted for:

    manifest.json      what is claimed: statement, document, capture, rules' version; the other parts' SHA-256 and length
    record.warc.gz     the archived response, and its request, byte for byte as the archive holds them
    document.txt       the text that was made of it
    verdicts.json      what analysts ruled, with what stood before
    README.txt         how to check all of it by hand
    SHA256SUMS         the digests of all of these, as sha256sum reads them

It proves that these parts belong together and are as they were when the bundle was made. It does not prove that the
archive told the truth then, nor when that was: keep the file's own SHA-256 where others can see it.
"""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from extract.types import (
    Facets,
    Stance,
    Time,
    digest_of,
    identity_of,
)
from pipelines.archive import ArchiveError, StoredResponse, exchange_in, read_members
from pipelines.evidence import VOID
from pipelines.store import queries
from pipelines.store.facts import CaptureFacts, StatementFacts, VerdictFacts, WholeDocument
from pipelines.store.session import Session

FORMAT = 1
MANIFEST, RECORD, TEXT, VERDICTS, README, SUMS = (
    "manifest.json", "record.warc.gz", "document.txt", "verdicts.json", "README.txt", "SHA256SUMS",
)  # fmt: skip
ORDER = (MANIFEST, RECORD, TEXT, VERDICTS, README, SUMS)
LARGEST = 512 * 2**20
_TOO_LARGE = f"larger than any bundle of ours ({LARGEST:,} bytes)"
_CHUNK = 2**20
# What the checks read of a manifest, and what each of these is.
_CLAIMED: Mapping[str, Mapping[str, type]] = {
    "statement": {
        "id": str, "company": str, "authority": str, "stance": str, "time": str, "evidence": str, "start": int, "end": int,
        "rule": str, "confidence": float, "document": str, "capture": str,
    },
    "document": {"id": str, "url": str, "capture": str, "knowledge": str},
    "capture": {
        "id": str, "url": str, "final_url": str, "digest": str, "length": int, "status": int, "first_seen": str,
        "source": str, "kind": str, "hints": dict,
    },
}  # fmt: skip
_README = """This file holds the evidence of one statement about a company's stance on authorities' data requests.

Check it with the program:   stancewatch verify FILE
Or by hand, after `unzip FILE` into an empty folder:
  1. `sha256sum -c SHA256SUMS` says whether each member is as it was packed.
  2. record.warc.gz is a WARC record (ISO 28500) of the web page as received; `warcio check record.warc.gz` checks its own
     digests. The SHA-256 of the page, unpacked (`warcio extract --payload record.warc.gz 0 | sha256sum`), is
     "capture.digest" in manifest.json.
  3. document.txt is the text of that page. Its characters "statement.start" to "statement.end" are "statement.evidence".
  4. Ids are SHA-256 of their parts, joined by a zero byte: capture of url and digest; document of url and the SHA-256 of
     document.txt; statement of document, company, authority, stance, time and the SHA-256 of the evidence.

It proves that these parts belong together. It does not prove when the page was fetched, nor that whoever fetched it was
honest; nobody signed it, so who makes up a page can make up a bundle. Ask for the SHA-256 of this whole file, noted
elsewhere at the time.
"""


class BundleError(Exception):
    """A bundle is not sound; str() says which check failed and what that means."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A sound bundle: what it is about, and what was checked, in words."""

    statement: Mapping[str, Any]
    document: Mapping[str, Any]
    capture: Mapping[str, Any]
    verdicts: int
    sha256: str
    checks: tuple[str, ...]


def bundle_of(session: Session, archive: Path, statement_id: str) -> bytes:
    """The bundle of a statement, sound when it was made.

    Raises LookupError if there is none of this id, ArchiveError if its page cannot be read, BundleError if archive and
    database do not fit each other.
    """
    said = queries.statement(session, statement_id)
    if said is None:
        raise LookupError(f"there is no statement {statement_id}")
    document = queries.document(session, said.document)
    capture = queries.capture(session, said.capture)
    assert document is not None
    assert capture is not None
    record = read_members(archive, capture.warc_file, capture.warc_offset)
    verdicts = queries.verdicts_of(session, said.id)
    made = packed(_members(said, document, capture, record, verdicts))
    try:
        verify(made)
    except BundleError as error:
        raise BundleError(
            f"statement {said.id[:12]} cannot be proven: {error}; archive or database was altered"
        ) from error
    return made


def packed(members: Mapping[str, bytes]) -> bytes:
    """The members as the one file that they make; the sums are made here."""
    sums = "".join(f"{digest_of(members[name])}  {name}\n" for name in ORDER[:-1]).encode()
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for name in ORDER:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            file.writestr(entry, sums if name == SUMS else members[name])
    return out.getvalue()


def read_bundle(file: Path) -> bytes:
    """The bytes of a file that may be a bundle, never more than one can have, whatever lies there.

    Raises OSError if it cannot be read, BundleError if it is too large.
    """
    with file.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size > LARGEST:
            raise BundleError(_TOO_LARGE)
        pieces, size = [], 0
        while piece := stream.read(_CHUNK):  # of a pipe nobody knows the size before
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST:
                raise BundleError(_TOO_LARGE)
    return b"".join(pieces)


def verify(bundle: bytes) -> Verified:
    """Check a bundle from its own bytes alone. Raises BundleError at the first check that fails."""
    members = _unzipped(bundle)
    if packed(members) != bundle:
        raise BundleError(
            "the file is not as it was packed: a member, its digest or what lies between was altered"
        )
    manifest = _manifest(members[MANIFEST])
    parts = {name: _fingerprint(members[name]) for name in (RECORD, TEXT, VERDICTS, README)}
    for name in sorted(parts.keys() | manifest["members"].keys()):
        if manifest["members"].get(name) != parts.get(name):
            raise BundleError(f"{name} is not what the manifest says of it: it was altered")
    capture, document, said = manifest["capture"], manifest["document"], manifest["statement"]
    verdicts = _verdicts(members[VERDICTS], said)
    try:
        response = exchange_in(members[RECORD], RECORD)
        checks = (
            "the file is as it was packed, and every member is what the manifest says",
            *_record_checks(response, capture),
            *_text_checks(members[TEXT].decode(), capture, document, said),
            "the rulings are on this statement, and the newest is the one that it says",
        )
    except ArchiveError as error:
        raise BundleError(str(error)) from error
    except (ValueError, OverflowError) as error:  # not UTF-8, no time
        raise BundleError(f"a member does not hold what it must: {error}") from error
    return Verified(said, document, capture, verdicts, digest_of(bundle), checks)


def _members(
    said: StatementFacts,
    document: WholeDocument,
    capture: CaptureFacts,
    record: bytes,
    verdicts: Sequence[VerdictFacts],
) -> dict[str, bytes]:
    members = {
        RECORD: record,
        TEXT: document.text.encode(),
        VERDICTS: _json([asdict(verdict) for verdict in verdicts]),
        README: _README.encode(),
    }
    about = {name: value for name, value in asdict(document).items() if name not in ("text", "paragraphs")}
    claims = {
        "bundle": FORMAT,
        "statement": asdict(said) | {"facets": said.facets.as_dict(), "ignored": said.ignored},
        "document": about,
        "capture": asdict(capture),
        "members": {name: _fingerprint(content) for name, content in members.items()},
    }
    return members | {MANIFEST: _json(claims)}


def _unzipped(bundle: bytes) -> dict[str, bytes]:
    if len(bundle) > LARGEST:
        raise BundleError(_TOO_LARGE)
    try:
        with zipfile.ZipFile(BytesIO(bundle)) as file:
            entries = file.infolist()
            if tuple(entry.filename for entry in entries) != ORDER:
                raise BundleError("no bundle of ours: it has other members")
            if any(e.compress_type != zipfile.ZIP_STORED or e.file_size > len(bundle) for e in entries):
                raise BundleError("not as it was packed: a member is compressed, or longer than the file")
            return {entry.filename: file.read(entry) for entry in entries}
    except (
        zipfile.BadZipFile, zlib.error, struct.error, ValueError, OSError, EOFError, RuntimeError, NotImplementedError,
        OverflowError, LookupError,
    ) as error:  # fmt: skip
        raise BundleError(f"the file cannot be unpacked: {error}") from error


def _parsed(content: bytes, name: str) -> Any:
    """JSON as we write it, so that every program reads the same in it."""
    try:
        found = json.loads(content)
        written = _json(found)
        json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be shown to anybody
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{name} is no JSON: {error}") from error
    if written != content:
        raise BundleError(f"{name} is not written as we write it")
    return found


def _manifest(content: bytes) -> dict[str, Any]:
    found = _parsed(content, MANIFEST)
    if not isinstance(found, dict) or found.get("bundle") != FORMAT:
        raise BundleError("manifest.json is of another kind or a newer format")
    if not isinstance(found.get("members"), dict):
        raise BundleError("the manifest does not say what it must: members")
    for part, fields in _CLAIMED.items():
        claimed = found.get(part)
        for name, kind in fields.items():
            if not isinstance(claimed, dict) or not isinstance(claimed.get(name), kind):
                raise BundleError(f"the manifest does not say what it must: {part}.{name}")
    said = found["statement"]
    if said["stance"] not in tuple(Stance) or said["time"] not in tuple(Time):
        raise BundleError("the manifest does not say what it must: a stance and a time of ours")
    return found


def _verdicts(content: bytes, said: Mapping[str, Any]) -> int:
    """How many rulings there are."""
    verdicts = _parsed(content, VERDICTS)
    if not isinstance(verdicts, list) or not all(isinstance(v, dict) for v in verdicts):
        raise BundleError("verdicts.json is no list of rulings")
    if any(verdict.get("statement") != said["id"] for verdict in verdicts):
        raise BundleError("a ruling is on another statement")
    newest = verdicts[-1].get("ruling") if verdicts else None
    if (None if newest == VOID else newest) != said.get("ruling"):
        raise BundleError("the newest ruling is not the one that the statement says")
    return len(verdicts)


def _record_checks(response: StoredResponse, capture: Mapping[str, Any]) -> Iterator[str]:
    yield "the archived record's own digests hold"
    if digest_of(response.body) != capture["digest"] or len(response.body) != capture["length"]:
        raise BundleError("the archived page is another one than the capture says")
    if response.url not in (capture["url"], capture["final_url"]):
        raise BundleError("the archived page is of another address than the capture says")
    if response.status != capture["status"]:
        raise BundleError("the archived page came with another status than the capture says")
    if response.fetched != datetime.fromisoformat(capture["first_seen"]).astimezone(UTC):
        raise BundleError("the archived page is of another time than the capture says")
    if identity_of(capture["url"], capture["digest"]) != capture["id"]:
        raise BundleError("the capture's id is not made of its address and its bytes")
    yield f"the archived page is what {capture['url']} showed in this capture, at the time that the record tells"


def _text_checks(
    text: str,
    capture: Mapping[str, Any],
    document: Mapping[str, Any],
    said: Mapping[str, Any],
) -> Iterator[str]:
    if (
        document["capture"] != capture["id"]
        or said["capture"] != capture["id"]
        or said["document"] != document["id"]
    ):
        raise BundleError("statement, document and capture are not of one another")
    if document["id"] not in {identity_of(document["url"], digest_of(was)) for was in _as_read(text)}:
        raise BundleError("the document's id is not made of its address and its text")
    yield "the text is the document's"
    if (
        not 0 <= said["start"] < said["end"] <= len(text)
        or text[said["start"] : said["end"]] != said["evidence"]
    ):
        raise BundleError("the evidence does not stand in the text where the statement says")
    claim = (document["id"], said["company"], said["authority"], said["stance"], said["time"])
    if said["id"] not in {identity_of(*claim, digest_of(was)) for was in _as_read(said["evidence"])}:
        raise BundleError("the statement's id is not made of what it says")
    yield "the evidence stands in the text, and the statement is made of it"


def _as_read(stored: str) -> tuple[str, str]:
    """A text as it may have been when its id was made: no database keeps the character NUL."""
    return stored, stored.replace("\N{REPLACEMENT CHARACTER}", "\x00")


def _fingerprint(content: bytes) -> dict[str, object]:
    return {"sha256": digest_of(content), "bytes": len(content)}


def _json(value: object) -> bytes:
    told = json.dumps(value, ensure_ascii=True, sort_keys=True, indent=1, allow_nan=False, default=_plain)
    return f"{told}\n".encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Facets):
        return value.as_dict()
    raise TypeError(f"cannot be written: {value!r}")
