"""The evidence of one statement in a file: checked from its own bytes, and no byte of it may be another one."""

from __future__ import annotations

import io
import json
import random
import zipfile
from dataclasses import replace

import pytest
from support.store import Story, capture

from extract.types import digest_of, identity_of
from pipelines import ledger
from pipelines.archive import ArchiveError, ArchiveWriter, Exchange
from pipelines.bundle import MANIFEST, ORDER, TEXT, BundleError, bundle_of, packed, verify
from pipelines.store import queries

BODY = "Some say so.\nzoom HK pauses: Zoom stopped handling requests from Hong Kong."


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def told(store, clock, archive) -> Story:
    """One statement whose page lies in an archive."""
    story = Story(store, clock)
    page = capture("courier", BODY, clock(), url="https://courier.example/a")
    with ArchiveWriter(archive, clock) as writer:
        for address in ("https://courier.example/before", page.url):
            place = writer.write(
                Exchange(
                    url=address, method="GET", request_headers=(("User-Agent", "x"),), status=200, reason="OK",
                    response_headers=(("Content-Type", "text/html"),), body=page.body, sent=page.fetched,
                )
            )  # fmt: skip
    story.intake.take(replace(page, warc_file=place.file, warc_offset=place.offset))
    return story


@pytest.fixture
def bundle(told, archive) -> bytes:
    with told.store.reading() as session:
        (said,) = queries.statements(session)
    ledger.post_verdict(
        told.store, said.id, "accept", who="ana", reason="seen", now=told.clock(), context=told.context
    )
    with told.store.reading() as session:
        return bundle_of(session, archive, said.id[:12])


def test_a_bundle_says_what_it_proves(bundle):
    found = verify(bundle)
    assert (found.statement["company"], found.statement["stance"]) == ("zoom", "pauses")
    assert found.statement["evidence"] == "Zoom stopped handling requests from Hong Kong."
    assert (found.document["knowledge"], found.verdicts) == ("rules-1", 1)
    assert len(found.checks) == 6


def test_the_same_evidence_is_the_same_file(told, archive, bundle):
    with told.store.reading() as session:
        (said,) = queries.statements(session)
        assert bundle_of(session, archive, said.id) == bundle


def test_its_record_is_a_web_archive_of_its_own(bundle):
    from warcio.archiveiterator import ArchiveIterator

    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        assert tuple(file.namelist()) == ORDER
        records = [
            r.rec_type
            for r in ArchiveIterator(io.BytesIO(file.read("record.warc.gz")), check_digests="raise")
        ]
        assert file.read(TEXT).decode().startswith("Some say so.")
    assert records == ["response", "request"]


@pytest.mark.parametrize("database", ["sqlite"])
def test_one_flipped_byte_fails(bundle):
    draw = random.Random(1)
    places = {*range(300), *range(len(bundle) - 700, len(bundle)), *draw.sample(range(len(bundle)), 1500)}
    for place in sorted(places):
        altered = bytearray(bundle)
        altered[place] ^= 1 << draw.randrange(8)
        with pytest.raises(BundleError):
            verify(bytes(altered))


@pytest.mark.parametrize("database", ["sqlite"])
def test_what_is_cut_or_lengthened_or_something_else_fails(bundle):
    draw = random.Random(2)
    for rubbish in (
        b"", b"PK", bundle[:-1], bundle + b"\0", bundle[1:], b"\0" + bundle, bundle[: len(bundle) // 2], bundle * 2,
        *(bundle[: draw.randrange(len(bundle))] for _ in range(100)), draw.randbytes(5000),
    ):  # fmt: skip
        with pytest.raises(BundleError):
            verify(rubbish)


@pytest.mark.parametrize("database", ["sqlite"])
def test_another_zip_a_bomb_and_names_that_climb_are_refused(bundle):
    for name, content, how in (
        ("../../etc/passwd", b"x", zipfile.ZIP_STORED),
        (MANIFEST, b"{}", zipfile.ZIP_STORED),
        (MANIFEST, b"0" * 50_000_000, zipfile.ZIP_DEFLATED),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", how) as file:
            file.writestr(name, content)
        with pytest.raises(BundleError):
            verify(out.getvalue())


def with_claims(bundle: bytes, **claims: object) -> bytes:
    """The same file with other claims, and digests that fit them: whoever alters it may know how it is made."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        members = {name: file.read(name) for name in ORDER}
    manifest = json.loads(members[MANIFEST])
    for path, value in claims.items():
        part, _, name = path.partition("__")
        manifest[part][name] = value
    body = json.dumps(manifest, sort_keys=True, indent=1) + "\n"
    return packed(members | {MANIFEST: body.encode()})


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"statement__stance": "refuses"}, "the statement's id is not made of what it says"),
        ({"statement__company": "meta"}, "the statement's id is not made"),
        ({"statement__evidence": "Zoom complied."}, "does not stand in the text"),
        ({"statement__start": 3}, "does not stand in the text"),
        ({"statement__document": "0" * 64}, "not of one another"),
        ({"document__url": "https://elsewhere.example/"}, "the document's id is not made"),
        ({"capture__url": "https://elsewhere.example/"}, "the capture's id is not made"),
        (
            {
                "capture__url": "https://elsewhere.example/",
                "capture__final_url": "https://elsewhere.example/",
            },
            "of another address",
        ),
        ({"capture__digest": "0" * 64}, "another one than the capture says"),
        ({"statement__start": "x"}, "does not say what it must"),
        ({"members__document.txt": {}}, "document.txt is not what the manifest says"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"])
def test_claims_that_do_not_fit_the_evidence_fail(bundle, claims, words):
    with pytest.raises(BundleError, match=words):
        verify(with_claims(bundle, **claims))
    assert verify(with_claims(bundle)).verdicts == 1


def test_a_page_that_the_archive_lost_gives_no_bundle(told, archive):
    for file in archive.iterdir():
        file.unlink()
    with told.store.reading() as session:
        (said,) = queries.statements(session)
        with pytest.raises(ArchiveError, match="restore it from a backup"):
            bundle_of(session, archive, said.id)
        with pytest.raises(LookupError):
            bundle_of(session, archive, "f" * 64)


def test_a_ruling_that_was_taken_back_is_in_the_bundle_and_does_not_stand(told, archive, bundle):
    with told.store.reading() as session:
        (said,) = queries.statements(session)
        (ruled,) = queries.verdicts_of(session, said.id)
    ledger.undo_verdict(told.store, ruled.id, who="ana", now=told.clock(), context=told.context)
    with told.store.reading() as session:
        found = verify(bundle_of(session, archive, said.id))
    assert (found.verdicts, found.statement["ruling"]) == (2, None)


@pytest.mark.parametrize("database", ["sqlite"])
def test_another_text_is_no_text_of_the_document_whatever_characters_it_holds(bundle):
    evidence = "Zoom stopped handling requests from Hong Kong."
    text = f"Some say s\N{REPLACEMENT CHARACTER}.\n\n{evidence}".encode()
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        members = {name: file.read(name) for name in ORDER} | {TEXT: text, "verdicts.json": b"[]\n"}
    manifest = json.loads(members[MANIFEST])
    document = "0" * 64
    manifest["document"]["id"] = manifest["statement"]["document"] = document
    manifest["statement"] |= {
        "id": identity_of(document, "zoom", "HK", "pauses", "now", digest_of(evidence)), "ruling": None,
        "start": len("Some say so.\n\n"), "end": len("Some say so.\n\n") + len(evidence),
    }  # fmt: skip
    for name in (TEXT, "verdicts.json"):
        manifest["members"][name] = {"sha256": digest_of(members[name]), "bytes": len(members[name])}
    told = json.dumps(manifest, sort_keys=True, indent=1) + "\n"
    with pytest.raises(BundleError, match="the document's id is not made"):
        verify(packed(members | {MANIFEST: told.encode()}))
