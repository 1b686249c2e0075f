"""Attribution: whose rows a release holds, under which licence: LICENSES.csv for machines, ATTRIBUTION.md to read."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from curation.release.facts import cited_dois
from curation.release.plain import cell, markdown
from schemas.licence import LICENCES

if TYPE_CHECKING:
    from curation.release.facts import Facts

_COLUMNS = ("source", "version", "licence", "rows", "attribution")


def licence_table(facts: Facts) -> str:
    """Return the licences of the rows as CSV: source, pin, SPDX id, records, attribution."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in facts.licences:
        row = (one.source.key, one.source.pin.version, one.licence, one.rows, one.source.attribution)
        writer.writerow([cell(value) for value in row])
    return text.getvalue()


def attribution(facts: Facts) -> str:
    """Return whom to name, and how, where the data are used."""
    head = (
        f"# Attribution\n\n{markdown(facts.manifest.title)}, version {facts.manifest.version}, is released under "
        f"[{facts.licence.title}]({facts.licence.url}). Its rows come from the sources below; each keeps its licence.\n"
    )
    return head + "".join(_section(facts, key) for key in sorted({one.source.key for one in facts.licences}))


def _section(facts: Facts, key: str) -> str:
    counts = [one for one in facts.licences if one.source.key == key]
    source = counts[0].source
    lines = [f"\n## {markdown(source.title)}\n", f"- from: {markdown(source.origin)}"]
    lines += [f"- name: {markdown(source.attribution)}"] if source.attribution else []
    lines += [f"- cite: https://doi.org/{markdown(doi)}" for doi in cited_dois(source)]
    for one in counts:
        licence = LICENCES.get(one.licence)
        named = f"[{licence.title}]({licence.url})" if licence else markdown(one.licence)
        lines.append(f"- {one.rows:,} records under {named}")
    lines.append("- changed: units and structures were brought to one form; records of one material were merged")
    return "\n".join(lines) + "\n"
