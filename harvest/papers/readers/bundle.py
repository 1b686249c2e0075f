r"""Bundle: the packed source of an article in, its LaTeX as one text out; how arXiv hands sources out.

Everything is unpacked in memory and counted, nothing is written to disk, links and special files are not followed, and
`\input` leads to files of the bundle alone.
"""

from __future__ import annotations

import io
import posixpath
import re
import tarfile
import zlib

from harvest.papers.document import DocumentError

_GZIP = b"\x1f\x8b"
_TAR_MARK, _TAR_PLACE = b"ustar", 257
_MOST_BYTES = 64 << 20
_MOST_MEMBERS = 5_000
_MOST_INCLUDED = 300
_INCLUDED = re.compile(
    rb"(?<!\\)(?:\\\\)*\\(?:input|include|subfile)\s*\{([^{}\n]{1,300})\}|\\input\s+([^\s\\{}%]{1,300})"
)
_COMMENT = re.compile(rb"(?<!\\)%[^\n]*")
_CLASS = re.compile(rb"^[^%\n]*\\document(?:class|style)", re.MULTILINE)
_SUFFIXES = (".tex", ".ltx", ".latex", ".bbl", "")


def is_bundle(payload: bytes) -> bool:
    """Tell whether bytes are packed: a gzip, or a tar."""
    return payload.startswith(_GZIP) or payload[_TAR_PLACE : _TAR_PLACE + len(_TAR_MARK)] == _TAR_MARK


def latex_of(payload: bytes) -> bytes:
    """Return the LaTeX of a bundle: its main file, with the files that it includes in their places.

    Raises:
        DocumentError: the bundle is damaged, too large, or holds no LaTeX.
    """
    plain = _unzipped(payload) if payload.startswith(_GZIP) else payload
    if plain[_TAR_PLACE : _TAR_PLACE + len(_TAR_MARK)] != _TAR_MARK:
        return plain
    files = _members(plain)
    main = _main_of(files)
    return _joined(main, files, set())


def _unzipped(payload: bytes) -> bytes:
    engine = zlib.decompressobj(wbits=31)
    try:
        plain = engine.decompress(payload, _MOST_BYTES)
    except zlib.error as error:
        message = f"the packed source is damaged: {error}"
        raise DocumentError(message) from error
    if engine.unconsumed_tail:
        message = f"the packed source unfolds to more than {_MOST_BYTES:,} bytes; unpack it by hand"
        raise DocumentError(message)
    if not engine.eof:
        message = f"the packed source is cut: it ends after {len(plain):,} bytes, before its end"
        raise DocumentError(message)
    return plain


def _members(plain: bytes) -> dict[str, bytes]:
    """Return the texts of a tar by their names; directories, links and special files are none."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for count, member in enumerate(tar):
                if count >= _MOST_MEMBERS:
                    message = f"the source has more than {_MOST_MEMBERS:,} files; unpack it by hand"
                    raise DocumentError(message)
                name = posixpath.normpath(member.name)
                file = tar.extractfile(member) if member.isreg() and _is_text(name) else None
                if file is not None:
                    found[name] = file.read()
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        message = f"the source is no whole tar: {error}"
        raise DocumentError(message) from error
    return found


def _is_text(name: str) -> bool:
    return posixpath.splitext(name)[1].lower() in _SUFFIXES


def _main_of(files: dict[str, bytes]) -> str:
    """Return the name of the file that begins the document: of several the one that includes the most, then by name."""
    mains = [name for name, text in files.items() if _CLASS.search(text)]
    if not mains:
        message = f"the source holds no file with \\documentclass, only {', '.join(sorted(files)[:5]) or 'no text'}"
        raise DocumentError(message)
    return min(mains, key=lambda name: (-len(_joined(name, files, set())), name))


def _joined(name: str, files: dict[str, bytes], used: set[str]) -> bytes:
    """Return a file with what it includes; each file stands once, and one that is not there leaves nothing."""
    used.add(name)
    text, end = _COMMENT.sub(b"", files[name]), 0
    parts: list[bytes] = []
    for found in _INCLUDED.finditer(text):
        written = (found[1] or found[2]).decode("utf-8", "replace").strip().strip('"')
        target = _target(written, name, files)
        is_new = target is not None and target not in used and len(used) < _MOST_INCLUDED
        parts += [text[end : found.start()], _joined(target, files, used) if is_new and target else b""]
        end = found.end()
    return b"".join([*parts, text[end:]])


def _target(written: str, includer: str, files: dict[str, bytes]) -> str | None:
    """Return the file that an inclusion means, looked for at the root of the bundle and beside the includer."""
    for folder in ("", posixpath.dirname(includer)):
        for suffix in ("", ".tex", ".ltx"):
            name = posixpath.normpath(posixpath.join(folder, written + suffix))
            if name in files:
                return name
    return None
