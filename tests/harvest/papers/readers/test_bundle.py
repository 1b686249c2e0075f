"""Bundles as arXiv packs them: unpacked in memory, bounded, and nothing outside of them is read."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from harvest.papers.document import DocumentError
from harvest.papers.readers.bundle import is_bundle, latex_of
from harvest.papers.readers.formats import read_document

if TYPE_CHECKING:
    from collections.abc import Callable

MAIN = rb"\documentclass{article}\begin{document}A\input{tables/gaps}B\include{method}\end{document}"


def zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def packed(
    files: dict[str, bytes], *, by: Callable[[bytes], bytes] = zipped, link: tuple[str, str] | None = None
) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo(link[0])
            member.type, member.linkname = tarfile.SYMTYPE, link[1]
            tar.addfile(member)
    return by(target.getvalue())


def test_included_files_stand_where_they_are_included() -> None:
    files = {"a.tex": MAIN, "tables/gaps.tex": b"GAPS", "method.tex": b"METHOD", "fig.png": b"\x89PNG"}
    for by in (zipped, bytes):
        assert b"AGAPSBMETHOD" in latex_of(packed(files, by=by))


def test_a_single_packed_file_is_its_text() -> None:
    assert latex_of(zipped(b"\\documentclass{article}")) == b"\\documentclass{article}"
    assert is_bundle(zipped(b"x"))
    assert not is_bundle(b"<article/>")


def test_a_commented_input_is_not_followed_and_one_of_a_missing_file_leaves_nothing() -> None:
    main = b"\\documentclass{a}\n% \\input{gaps}\n\\input{nowhere}X"
    assert b"GAPS" not in latex_of(packed({"m.tex": main, "gaps.tex": b"GAPS"}))


def test_files_that_include_one_another_come_to_an_end() -> None:
    files = {
        "m.tex": b"\\documentclass{a}\\input{x}",
        "x.tex": b"X\\input{y}\\input{y}",
        "y.tex": b"Y\\input{x}\\input{m}",
    }
    assert latex_of(packed(files)).count(b"Y") == 1


def test_nothing_outside_of_the_bundle_is_read(tmp_path: object) -> None:
    del tmp_path
    main = b"\\documentclass{a}\\input{/etc/passwd}\\input{../../etc/passwd}\\input{link}END"
    text = latex_of(packed({"m.tex": main}, link=("link.tex", "/etc/passwd")))
    assert b"root:" not in text
    assert text.endswith(b"END")


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (zipped(b"x" * 100)[:-9], "cut"),
        (b"\x1f\x8b" + b"\x00" * 40, "damaged"),
        (packed({"readme.txt": b"nothing", "a.tex": b"no class"}), "no file with"),
        (packed({"m.tex": MAIN}, by=bytes)[:300], "no whole tar"),
    ],
)
def test_a_broken_bundle_says_what_is_wrong(payload: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        latex_of(payload)


def test_a_bundle_that_unfolds_without_end_is_refused() -> None:
    with pytest.raises(DocumentError, match="unfolds to more than"):
        latex_of(zipped(b"\x00" * (65 << 20)))


def test_the_reader_of_documents_reads_a_bundle() -> None:
    table = rb"\begin{table}\caption{Gaps}\begin{tabular}{ll}A & B \\ \hline 1 & 2 \\ \end{tabular}\end{table}"
    files = {"m.tex": rb"\documentclass{a}\begin{document}\input{t}\end{document}", "t.tex": table}
    assert len(read_document(packed(files), document="a").tables) == 1
