"""The evidence of one statement in one file, to be checked anywhere, without this program's database or network.

A zip of five members, always in the same order, with the same dates and nothing compressed, so that the same evidence is
the same file, and every byte of it is accounted for:

    manifest.json      what is claimed: statement, document, capture, rules' version; each other member's SHA-256 and length
    record.warc.gz     the archived response, and its request, byte for byte as the archive holds them
    document.txt       the text that was made of it
    verdicts.json      what analysts ruled, with what stood before
    README.txt         how to check all of it by hand

It proves that these parts belong together and are as they were when the bundle was made. It does not prove that the
archive told the truth then, nor when that was: keep the file's own SHA-256 where others can see it.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from extract.types import Facets, digest_of, identity_of
from pipelines.archive import ArchiveError, read_members, response_in, unpacked
from pipelines.store import queries
from pipelines.store.facts import CaptureFacts, StatementFacts, VerdictFacts, WholeDocument
from pipelines.store.session import Session

FORMAT = 1
MANIFEST, RECORD, TEXT, VERDICTS, README = (
    "manifest.json", "record.warc.gz", "document.txt", "verdicts.json", "README.txt",
)  # fmt: skip
ORDER = (MANIFEST, RECORD, TEXT, VERDICTS, README)
LARGEST = 512 * 2**20
_UNSTORABLE = "\N{REPLACEMENT CHARACTER}"
_README = """This file holds the evidence of one statement about a company's stance on authorities' data requests.

Check it with the program:   stancewatch verify FILE
Or by hand:
  1. Unpack it. For each member, `sha256sum MEMBER` is what manifest.json says under "members".
  2. record.warc.gz is a WARC record (ISO 28500) of the web page as received; `warcio check record.warc.gz` checks its own
     digests. The SHA-256 of its body is "capture.digest" in manifest.json.
  3. document.txt is the text of that page. Characters "statement.start" to "statement.end" are "statement.evidence".

It proves that these parts belong together. It does not prove when the page was fetched, nor that whoever fetched it was
honest: ask for the SHA-256 of this whole file, noted elsewhere at the time.
"""


class BundleError(Exception):
    """A bundle is not sound; str() says which check failed and what that means."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A sound bundle: what it is about, what was checked, in words, and what could not be."""

    statement: Mapping[str, Any]
    document: Mapping[str, Any]
    capture: Mapping[str, Any]
    verdicts: int
    sha256: str
    checks: tuple[str, ...]
    notes: tuple[str, ...] = ()


def bundle_of(session: Session, archive: Path, statement_id: str) -> bytes:
    """The bundle of a statement. Raises LookupError if there is none of this id, ArchiveError if its page cannot be read."""
    said = queries.statement(session, statement_id)
    if said is None:
        raise LookupError(f"there is no statement {statement_id}")
    document = queries.document(session, said.document)
    capture = queries.capture(session, said.capture)
    assert document is not None
    assert capture is not None
    record = read_members(archive, capture.warc_file, capture.warc_offset)
    verdicts = queries.verdicts_of(session, said.id)
    return packed(_members(said, document, capture, record, verdicts))


def verify(bundle: bytes) -> Verified:
    """Check a bundle from its own bytes alone. Raises BundleError at the first check that fails."""
    members = _unzipped(bundle)
    if packed(members) != bundle:
        raise BundleError("the file is not as it was packed: bytes between its members were altered")
    manifest = _manifest(members[MANIFEST])
    for name in ORDER[1:]:
        told = manifest["members"].get(name, {})
        if told != _fingerprint(members[name]):
            raise BundleError(f"{name} is not what the manifest says of it: it was altered")
    try:
        checks, notes = _checked(manifest, members)
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the manifest does not say what it must: {error}") from error
    return Verified(
        manifest["statement"],
        manifest["document"],
        manifest["capture"],
        len(json.loads(members[VERDICTS])),
        digest_of(bundle),
        ("the file is as it was packed, and every member is what the manifest says", *checks),
        notes,
    )


def packed(members: Mapping[str, bytes]) -> bytes:
    """The members as the one file that they make."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for name in ORDER:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            file.writestr(entry, members[name])
    return out.getvalue()


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
    body = _json(claims)
    # The manifest answers for itself: its last line is the digest of all lines before it.
    return members | {MANIFEST: body + f"\n{digest_of(body)}\n".encode()}


def _unzipped(bundle: bytes) -> dict[str, bytes]:
    if len(bundle) > LARGEST:
        raise BundleError(f"larger than any bundle of ours ({LARGEST:,} bytes)")
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
        OverflowError, KeyError,
    ) as error:  # fmt: skip
        raise BundleError(f"the file cannot be unpacked: {error}") from error


def _manifest(content: bytes) -> dict[str, Any]:
    body, _, rest = content.partition(b"\n")
    if rest != digest_of(body).encode() + b"\n":
        raise BundleError("manifest.json is not what its own last line says: it was altered")
    try:
        found = json.loads(body)
    except ValueError as error:
        raise BundleError(f"manifest.json is no JSON: {error}") from error
    if (
        not isinstance(found, dict)
        or found.get("bundle") != FORMAT
        or not isinstance(found.get("members"), dict)
    ):
        raise BundleError("manifest.json is of another kind or a newer format")
    return found


def _checked(
    manifest: Mapping[str, Any], members: Mapping[str, bytes]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    capture, document, said = manifest["capture"], manifest["document"], manifest["statement"]
    notes: list[str] = []
    text = members[TEXT].decode()
    said_of_text = _text_checks(text, capture, document, said, notes)
    return (*_record_checks(members[RECORD], capture), *said_of_text), tuple(notes)


def _record_checks(record: bytes, capture: Mapping[str, Any]) -> Iterator[str]:
    try:
        response = response_in(unpacked(record, RECORD), RECORD)
    except ArchiveError as error:
        raise BundleError(str(error)) from error
    yield "the archived record's own digests hold"
    if digest_of(response.body) != capture["digest"] or len(response.body) != capture["length"]:
        raise BundleError("the archived page is another one than the capture says")
    if response.url not in (capture["url"], capture["final_url"]):
        raise BundleError("the archived page is of another address than the capture says")
    if identity_of(capture["url"], capture["digest"]) != capture["id"]:
        raise BundleError("the capture's id is not made of its address and its bytes")
    yield f"the archived page is what {capture['url']} showed in this capture"


def _text_checks(
    text: str,
    capture: Mapping[str, Any],
    document: Mapping[str, Any],
    said: Mapping[str, Any],
    notes: list[str],
) -> Iterator[str]:
    if (
        document["capture"] != capture["id"]
        or said["capture"] != capture["id"]
        or said["document"] != document["id"]
    ):
        raise BundleError("statement, document and capture are not of one another")
    if _UNSTORABLE in text:
        notes.append("the text holds characters that could not be stored, so its id cannot be computed again")
    elif identity_of(document["url"], digest_of(text)) != document["id"]:
        raise BundleError("the document's id is not made of its address and its text")
    yield "the text is the document's"
    if text[said["start"] : said["end"]] != said["evidence"]:
        raise BundleError("the evidence does not stand in the text where the statement says")
    identity = identity_of(
        document["id"],
        said["company"],
        said["authority"],
        said["stance"],
        said["time"],
        digest_of(said["evidence"]),
    )
    if identity != said["id"]:
        raise BundleError("the statement's id is not made of what it says")
    yield "the evidence stands in the text, and the statement is made of it"


def _fingerprint(content: bytes) -> dict[str, object]:
    return {"sha256": digest_of(content), "bytes": len(content)}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Facets):
        return value.as_dict()
    raise TypeError(f"cannot be written: {value!r}")
