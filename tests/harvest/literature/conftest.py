"""Articles for tests of literature: small whole texts with known truth, open and closed."""

from __future__ import annotations

import io
import tarfile
from typing import Protocol

import pytest

CC_BY = "http://creativecommons.org/licenses/by/4.0/"
# A sentence that stands in the text of every article, to be searched for afterwards.
PROSE = "The crystals were grown by a travelling heater and polished with alumina until both faces were mirror bright."


class WriteJats(Protocol):
    def __call__(self, doi: str, gap: str, *, licence: str = CC_BY) -> bytes: ...


def jats(doi: str, gap: str, *, licence: str = CC_BY) -> bytes:
    head, body = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>", f"<tr><td>ZnO</td><td>{gap}</td></tr>"
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    permissions = f"<permissions><license><p>{licence}</p></license></permissions>" if licence else ""
    return f"""<?xml version="1.0"?><article><front><article-meta><article-id pub-id-type="doi">{doi}</article-id>
        {permissions}</article-meta></front><body><sec><title>Results</title><p>{PROSE}</p>
        <table-wrap id="T1"><caption><p>Gaps</p></caption>{table}</table-wrap></sec></body></article>""".encode()


LATEX = rb"""\documentclass{article}\title{Gaps}
\begin{document}
\input{results}
\end{document}
"""
RESULTS = (
    PROSE.encode()
    + rb"""

\begin{table}\caption{Gaps}\label{T1}\begin{tabular}{ll}\hline
Compound & Band gap (eV) \\ \hline
ZnO & 3.37 \\ \hline
\end{tabular}\end{table}
"""
)


def bundle(files: dict[str, bytes]) -> bytes:
    """Return files packed as arXiv packs them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def write_jats() -> WriteJats:
    return jats


@pytest.fixture
def arxiv_source() -> bytes:
    return bundle({"main.tex": LATEX, "results.tex": RESULTS})
