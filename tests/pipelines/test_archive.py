"""What the archive promises: on disk before anything points there, whole or cut clean, and never silently altered."""

import gzip
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipelines.archive import ArchiveError, ArchiveWriter, Exchange, read_response, recover

NOON = datetime(2026, 3, 2, 12, 0, 0, 250_000, tzinfo=UTC)


def exchange(n: int = 1, body: bytes = b"<p>We review every request.</p>", **changes) -> Exchange:
    facts = {
        "url": f"https://example.org/page/{n}?q=1",
        "method": "GET",
        "request_headers": (("User-Agent", "stancewatch"),),
        "status": 200,
        "reason": "OK",
        "response_headers": (("Content-Type", "text/html; charset=utf-8"), ("ETag", f'"{n}"')),
        "body": body,
        "sent": NOON,
        "address": "192.0.2.7",
    }
    return Exchange(**(facts | changes))


def writer(folder: Path, **options) -> ArchiveWriter:
    return ArchiveWriter(folder, lambda: NOON, **options)


def test_what_was_written_reads_back_the_same(tmp_path):
    with writer(tmp_path) as archive:
        refs = [archive.write(exchange(n, body=f"page {n}".encode())) for n in range(3)]
    for n, ref in enumerate(refs):
        stored = read_response(tmp_path, ref.file, ref.offset)
        assert (stored.url, stored.status, stored.body) == (exchange(n).url, 200, f"page {n}".encode())
        assert stored.fetched == NOON
        assert stored.headers["etag"] == f'"{n}"'


def test_a_record_can_be_read_while_its_file_is_still_open(tmp_path):
    with writer(tmp_path) as archive:
        ref = archive.write(exchange())
        assert (tmp_path / f"{ref.file}.open").exists()
        assert read_response(tmp_path, ref.file, ref.offset).body == exchange().body
    assert (tmp_path / ref.file).exists()


def test_other_warc_tools_find_request_and_response_of_each_exchange(tmp_path):
    with writer(tmp_path) as archive:
        ref = archive.write(exchange())
    with (tmp_path / ref.file).open("rb") as file:
        records = [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(file)]
    assert [kind for kind, _ in records] == ["warcinfo", "response", "request"]
    assert records[1][1] == records[2][1] == exchange().url


def test_a_compressed_body_is_stored_as_received_and_read_back_unpacked(tmp_path):
    packed = gzip.compress(b"hello")
    with writer(tmp_path) as archive:
        ref = archive.write(exchange(body=packed, response_headers=(("Content-Encoding", "gzip"),)))
    assert read_response(tmp_path, ref.file, ref.offset).body == b"hello"


def test_an_empty_answer_and_a_redirect_are_stored_too(tmp_path):
    with writer(tmp_path) as archive:
        not_modified = archive.write(exchange(status=304, reason="Not Modified", body=b""))
        moved = archive.write(
            exchange(status=301, reason="", response_headers=(("Location", "/new"),), body=b"")
        )
    assert read_response(tmp_path, not_modified.file, not_modified.offset).status == 304
    assert read_response(tmp_path, moved.file, moved.offset).headers["location"] == "/new"


def test_a_full_file_is_sealed_and_the_next_one_begun(tmp_path):
    with writer(tmp_path, max_bytes=1) as archive:
        first, second = archive.write(exchange(1)), archive.write(exchange(2))
    assert first.file != second.file
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([first.file, second.file])


def test_two_runs_in_one_second_do_not_touch_each_others_files(tmp_path):
    with writer(tmp_path) as archive:
        first = archive.write(exchange(1))
    with writer(tmp_path) as archive:
        second = archive.write(exchange(2))
    assert first.file != second.file
    assert read_response(tmp_path, first.file, first.offset).url.endswith("/1?q=1")


def test_a_hostile_header_cannot_forge_a_record(tmp_path):
    forged = (("X-Note", "a\r\n\r\nWARC/1.0\r\nWARC-Type: response"), ("X-\x00Nul", "b\x00c"))
    with writer(tmp_path) as archive:
        ref = archive.write(exchange(response_headers=forged))
        after = archive.write(exchange(2))
    assert read_response(tmp_path, ref.file, ref.offset).body == exchange().body
    assert read_response(tmp_path, after.file, after.offset).url.endswith("/2?q=1")


def left_open(folder: Path, records: int) -> tuple[Path, list[tuple[int, int]]]:
    """A file as a killed writer leaves it, and (offset, length) of its response records."""
    with writer(folder) as archive:
        refs = [archive.write(exchange(n, body=os.urandom(300))) for n in range(records)]
    opened = folder / f"{refs[0].file}.open"
    (folder / refs[0].file).rename(opened)
    return opened, [(r.offset, r.length) for r in refs]


def test_a_torn_tail_is_cut_anywhere_and_every_whole_record_stays(tmp_path):
    opened, places = left_open(tmp_path, records=6)
    whole = opened.read_bytes()
    sealed = opened.with_suffix("")
    for cut in random.Random(7).sample(range(1, len(whole)), 60):
        sealed.unlink(missing_ok=True)
        opened.write_bytes(whole[:cut])
        recover(tmp_path)
        for offset, length in places:
            if offset + length <= cut:
                assert read_response(tmp_path, sealed.name, offset).status == 200
            else:
                with pytest.raises(ArchiveError):
                    read_response(tmp_path, sealed.name, offset)


@pytest.mark.parametrize("rubbish", [b"\x00" * 4096, b"abc", b"\x1f\x8b\x08 not gzip at all"])
def test_rubbish_behind_the_last_record_is_cut_off(tmp_path, rubbish):
    opened, places = left_open(tmp_path, records=2)
    size = opened.stat().st_size
    opened.write_bytes(opened.read_bytes() + rubbish)
    (found,) = recover(tmp_path)
    assert (found.cut_bytes, (tmp_path / found.file).stat().st_size) == (len(rubbish), size)
    assert read_response(tmp_path, found.file, places[1][0]).status == 200


def test_a_file_without_a_whole_record_is_removed(tmp_path):
    opened, _ = left_open(tmp_path, records=1)
    opened.write_bytes(opened.read_bytes()[:40])
    recover(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_recovery_of_a_clean_or_missing_archive_does_nothing(tmp_path):
    with writer(tmp_path) as archive:
        archive.write(exchange())
    assert recover(tmp_path) == []
    assert recover(tmp_path / "missing") == []


def test_one_flipped_byte_is_found(tmp_path):
    with writer(tmp_path) as archive:
        ref = archive.write(exchange(body=os.urandom(500)))
    path = tmp_path / ref.file
    data = bytearray(path.read_bytes())
    data[ref.offset + ref.length // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=rf"{ref.file} at offset {ref.offset}: torn or altered"):
        read_response(tmp_path, ref.file, ref.offset)


@pytest.mark.parametrize("file", ["../secret.warc.gz", "/etc/passwd", "a.txt", "sub/x.warc.gz"])
def test_no_path_leads_out_of_the_archive(tmp_path, file):
    with pytest.raises(ArchiveError, match="no name of an archive file"):
        read_response(tmp_path, file, 0)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArchiveError, match=r"gone\.warc\.gz at offset 9: no such file"):
        read_response(tmp_path, "gone.warc.gz", 9)


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArchiveError, match="cannot write"):
        writer(tmp_path / "file" / "archive").write(exchange())
