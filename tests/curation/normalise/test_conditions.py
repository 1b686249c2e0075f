from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from curation.normalise.conditions import normalise_conditions

if TYPE_CHECKING:
    from collections.abc import Callable

    from curation.workbench import Workbench

type Condition = tuple[str, float | None, str | None, str | None]


def written(*conditions: Condition) -> list[dict[str, Any]]:
    return [dict(zip(("name", "value", "unit", "text"), condition, strict=True)) for condition in conditions]


@pytest.fixture
def canonical(bench_of: Callable[..., Workbench]) -> Callable[..., list[dict[str, Any]]]:
    def of(*conditions: Condition) -> list[dict[str, Any]]:
        value = {"property": "density", "value": 1.0, "unit": "g/cm^3"}
        bench = bench_of([{"formula": "NaCl"}], [value | {"conditions": written(*conditions)}])
        normalise_conditions(bench)
        (row,) = bench.table("SELECT canonical FROM condition_sets").to_pylist()
        found: list[dict[str, Any]] = row["canonical"]
        return found

    return of


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("temperature", 300.0, "K", "300.0 K"), ("temperature", 300.0, "K", None)),
        (("temperature", 300.0, "kelvin", None), ("temperature", 300.0, "K", None)),
        (("temperature", 26.85, "degC", "26.85 °C"), ("temperature", 300.0, "K", None)),
        (("temperature", 80.33, "degF", None), ("temperature", 300.0, "K", None)),
        (("annealing  temperature ", 26.85, "degC", None), ("annealing temperature", 300.0, "K", None)),
        (("pressure", 10.0, "kbar", None), ("pressure", 1.0, "GPa", None)),
        (("wavelength", 0.5893, "um", None), ("wavelength", 589.3, "nm", None)),
        (("load", 50.0, "percent", None), ("load", 0.5, "1", None)),
        (("temperature", 0.1, "eV", None), ("temperature", 1.6021766340e-20, "kg*m**2/s**2", None)),
        (("dose", 3.0, "spoons  each", None), ("dose", 3.0, "spoons each", None)),
        (("pH", 7.0, None, "pH 7"), ("pH", 7.0, None, None)),
        (("temperature", 300.0, "K", "< 300 K"), ("temperature", 300.0, "K", "< 300 K")),
        (("temperature", None, None, " room   temperature"), ("temperature", None, None, "room temperature")),
        (("temperature", -0.0, "K", None), ("temperature", 0.0, "K", None)),
    ],
)
def test_conditions_come_as_quantities_that_compare(
    canonical: Callable[..., list[dict[str, Any]]], given: Condition, expected: Condition
) -> None:
    assert canonical(given) == written(expected)


def test_neither_order_nor_repetition_counts(canonical: Callable[..., list[dict[str, Any]]]) -> None:
    warm, green = ("temperature", 300.0, "K", None), ("wavelength", 532.0, "nm", None)
    celsius = ("temperature", 26.85, "degC", "26.85 °C")
    assert canonical(green, warm, celsius) == canonical(warm, green) == written(warm, green)


def test_values_without_conditions_have_no_set(bench_of: Callable[..., Workbench]) -> None:
    bench = bench_of([{"formula": "NaCl"}], [{"property": "density", "value": 1.0, "unit": "g/cm^3"}])
    normalise_conditions(bench)
    assert bench.count("condition_sets") == 0
