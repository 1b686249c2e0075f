"""Run: one representation of one dataset version; what is missing is computed, then all is published."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from curation.represent.errors import DamagedInputError
from curation.represent.finished_parts import (
    inputs_sha256,
    manifests_of_other_versions,
    newest_parts,
    part_name,
    parts_by_input,
    take_over,
)
from curation.represent.known_rows import read_known_rows
from curation.represent.manifest import (
    RepresentationManifest,
    RepresentationPart,
    is_up_to_date,
    libraries,
    read_manifest,
    write_manifest,
)
from curation.represent.part_file import count_rows, write_part
from curation.represent.result import RepresentationResult
from curation.represent.rows import read_rows
from schemas.disk import link_or_copy, publish_folder, sha256_of_file
from schemas.representation import Needs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.represent.finished_parts import Lent
    from curation.represent.known_rows import KnownRows
    from curation.represent.representer import Representer
    from schemas.dataset import Manifest, Part

    Progress = Callable[[str, int, int], None]


class RepresentationRun:
    """One representation of one dataset version."""

    def __init__(self, version: Path, manifest: Manifest, representer: Representer, progress: Progress | None) -> None:
        self._version = version
        self._manifest = manifest
        self._representer = representer
        self._spec = representer.spec
        self._progress = progress
        self._materials = tuple(part for part in manifest.parts if part.table == "materials")
        self._folder = version / "representations" / self._spec.name
        self._hidden = self._folder.with_name(f".parts-{self._spec.name}")
        self._inputs = inputs_sha256(manifest, self._spec.needs)
        self._rows_done = 0
        self._rows_computed = 0
        self._notes: list[str] = []

    def result(self) -> RepresentationResult:
        """Publish the representation, unless it stands already."""
        published = read_manifest(self._folder)
        if published is not None and is_up_to_date(published, self._folder, self._spec, self._materials, self._inputs):
            self._tell(published.rows)
            # A run that was killed after publishing left them.
            shutil.rmtree(self._hidden, ignore_errors=True)
            return self._result(published, computed=0, up_to_date=True)
        self._hidden.mkdir(parents=True, exist_ok=True)
        self._prove_structures()
        lenders = manifests_of_other_versions(self._version, self._spec)
        others = parts_by_input(lenders, self._inputs)
        known = read_known_rows(newest_parts(lenders))
        self._notes += known.notes
        computed = sum(self._finish(part, others, known) for part in self._materials)
        manifest = self._publish()
        shutil.rmtree(self._hidden)
        return self._result(manifest, computed=computed, up_to_date=False)

    def _prove_structures(self) -> None:
        if self._spec.needs is Needs.STRUCTURE:
            for part in self._manifest.parts:
                if part.table == "structures":
                    self._prove(part)

    def _prove(self, part: Part) -> Path:
        """Return the file of a part whose bytes are those that the manifest states."""
        source = self._version / part.path
        got = sha256_of_file(source)
        if got != part.sha256:
            message = f"{source} has sha256 {got}, its manifest states {part.sha256}: build the version again"
            raise DamagedInputError(message)
        return source

    def _finish(self, part: Part, others: Lent, known: KnownRows) -> bool:
        """See to it that a part stands finished in the hidden folder; tell whether it had to be computed."""
        target = self._hidden / part_name(part.sha256, self._inputs, self._spec)
        if target.exists() or self._taken_over(part, target, others):
            self._tell(part.rows)
            return False
        rows = read_rows(self._version, self._manifest, self._prove(part), self._spec.needs)
        self._rows_computed += write_part(self._representer, rows, target, on_rows=self._tell, known=known)
        return True

    def _taken_over(self, part: Part, target: Path, others: Lent) -> bool:
        if part.sha256 not in others:
            return False
        source, description = others[part.sha256]
        if take_over(source, description, target):
            return True
        self._notes.append(f"{source} is damaged; its vectors were computed again for {part.path}")
        return False

    def _publish(self) -> RepresentationManifest:
        if self._folder.exists():
            shutil.rmtree(self._folder)
        with publish_folder(self._folder) as building:
            for index, part in enumerate(self._materials):
                finished = self._hidden / part_name(part.sha256, self._inputs, self._spec)
                link_or_copy(finished, building / _file_name(index))
            described = tuple(_described(building, index, part) for index, part in enumerate(self._materials))
            manifest = RepresentationManifest(
                dataset=self._manifest.dataset,
                version=self._manifest.version,
                spec=self._spec,
                libraries=libraries(self._spec),
                structures_sha256=self._inputs,
                rows=sum(part.rows for part in described),
                failures=sum(part.failures for part in described),
                parts=described,
            )
            write_manifest(building, manifest)
        return manifest

    def _result(self, manifest: RepresentationManifest, *, computed: int, up_to_date: bool) -> RepresentationResult:
        return RepresentationResult(
            name=self._spec.name,
            rows=manifest.rows,
            failures=manifest.failures,
            rows_computed=self._rows_computed,
            parts_computed=computed,
            parts_reused=0 if up_to_date else len(manifest.parts) - computed,
            path=self._folder,
            up_to_date=up_to_date,
            notes=tuple(self._notes),
        )

    def _tell(self, rows: int) -> None:
        self._rows_done += rows
        if self._progress is not None:
            self._progress(self._spec.name, self._rows_done, sum(part.rows for part in self._materials))


def _file_name(index: int) -> str:
    return f"part-{index:04d}.parquet"


def _described(building: Path, index: int, part: Part) -> RepresentationPart:
    path = building / _file_name(index)
    rows, failures = count_rows(path)
    if rows != part.rows:
        message = f"{part.path} has {rows} rows, its manifest states {part.rows}: build the version again"
        raise DamagedInputError(message)
    return RepresentationPart(
        path=path.name,
        sha256=sha256_of_file(path),
        bytes=path.stat().st_size,
        rows=rows,
        failures=failures,
        materials_path=part.path,
        materials_sha256=part.sha256,
    )
