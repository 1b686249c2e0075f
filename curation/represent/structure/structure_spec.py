"""Structure spec: what the specs of all representations of structures have in common."""

from __future__ import annotations

from schemas.representation import Form, Invariance, Needs, RepresentationSpec

PERIODIC = tuple(Invariance)
LIBRARIES = ("numba", "scipy")


def structure_spec(  # noqa: PLR0913 — a spec has that many fields
    name: str,
    title: str,
    *,
    labels: tuple[str, ...],
    origin: str,
    parameters: dict[str, str] | None = None,
    invariances: tuple[Invariance, ...] = PERIODIC,
    form: Form = Form.VECTOR,
    libraries: tuple[str, ...] = LIBRARIES,
    licence: str = "CC0-1.0",
    version: str = "1",
) -> RepresentationSpec:
    """Return the spec of a representation that is computed from structures."""
    return RepresentationSpec(
        name=name,
        version=version,
        title=title,
        needs=Needs.STRUCTURE,
        form=form,
        width=len(labels),
        labels=labels,
        parameters=parameters or {},
        invariances=invariances,
        libraries=libraries,
        licence=licence,
        origin=origin,
    )
