"""Changelog: what a version changed since its parent, counted row by row, the first rows of each table shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.datasets.diff import diff_datasets
from curation.datasets.stated import stated_by, stated_otherwise
from curation.release.plain import markdown, without_addresses

if TYPE_CHECKING:
    from curation.datasets.diff import TableDiff
    from curation.datasets.open import Dataset

_SHOWN = 20
_LONGEST = 160


def changelog(dataset: Dataset, parent: Dataset | None) -> str:
    """Return the changes of a version; for the first one, that it is the first."""
    head = f"# Changes\n\n## {dataset.manifest.version}\n\n"
    if parent is None:
        stated = dataset.manifest.parent
        return head + (f"Its parent is {stated}, which is not at hand.\n" if stated else "The first version.\n")
    diffs = [one for one in diff_datasets(parent, dataset, limit=_SHOWN) if _differs(one)]
    since = f"Since {parent.manifest.version}:\n\n"
    return head + since + _causes(dataset, parent) + "\n" + "".join(_table(one) for one in diffs)


def _differs(one: TableDiff) -> bool:
    return bool(one.added or one.removed or one.changed or one.columns)


def _causes(dataset: Dataset, parent: Dataset) -> str:
    """Return what is not the same as for the parent: the sources, our code, a library, what the version states."""
    before = {source.key: source.pin for source in parent.manifest.sources}
    lines = []
    for source in dataset.manifest.sources:
        if source.key not in before:
            lines.append(f"- source {source.key}: new, {markdown(source.pin.version)}")
        elif before[source.key] != source.pin:
            old, new = before[source.key].version, source.pin.version
            lines.append(f"- source {source.key}: {markdown(old)} → {markdown(new)}")
    lines += [f"- source {key}: gone" for key in before.keys() - {s.key for s in dataset.manifest.sources}]
    old_code, new_code = parent.manifest.code, dataset.manifest.code
    for name in sorted(old_code.keys() | new_code.keys()):
        if old_code.get(name) != new_code.get(name):
            what = "program" if name in {"matgranary", "fingerprint"} else "library"
            lines.append(f"- {what} {name}: {old_code.get(name, 'none')} → {new_code.get(name, 'none')}")
    was, now = stated_by(parent.manifest), stated_by(dataset.manifest)
    lines += [f"- {name}: {_words(was[name])} → {_words(now[name])}" for name in stated_otherwise(was, now)]
    return "\n".join(sorted(lines) or ["- the recipe"]) + "\n"


def _words(stated: object) -> str:
    people = [str(one["name"] if isinstance(one, dict) else one) for one in stated] if isinstance(stated, list) else []
    return markdown(_short(without_addresses("; ".join(people) if isinstance(stated, list) else str(stated))) or "none")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _table(one: TableDiff) -> str:
    head = f"\n### {one.table}\n\n{one.added:,} added, {one.removed:,} removed, {one.changed:,} changed"
    head += f"; columns {', '.join(one.columns)}\n\n" if one.columns else "\n\n"
    lines = [f"- {change['change']} {markdown(str(change['key']))}{_said(change)}" for change in one.changes[:_SHOWN]]
    rest = one.added + one.removed + one.changed - len(lines)
    lines += [f"- and {rest:,} more"] if rest > 0 else []
    return head + "\n".join(lines) + "\n"


def _said(change: dict[str, object]) -> str:
    columns = change["columns"]
    if not isinstance(columns, list):
        return ""
    return ": " + markdown(_short(without_addresses("; ".join(str(column) for column in columns))))
