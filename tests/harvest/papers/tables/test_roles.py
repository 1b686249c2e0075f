"""Roles: names of properties that hold the words of settings, and names that are both."""

from __future__ import annotations

import pytest

from harvest.papers.tables.headers import read_header
from harvest.papers.tables.roles import Role, role_by_words
from schemas.properties import PropertyKind, load_properties

# Names that papers print over settings of a process or a measurement, or over places in a spectrum, though the
# dictionary has properties by the same names.
SETTINGS = {
    "2θ", "absorption peak position", "applied potential", "c rate", "c-rate", "current density", "current rate",
    "cycle number", "cycles", "diffraction angle 2θ", "infrared absorption wavenumber", "infrared peak position",
    "infrared wavenumber", "ir wavenumber", "layer thickness", "mass loading", "pl peak position", "raman frequency",
    "raman peak position", "raman peak positions", "thickness", "voltage window",
}  # fmt: skip


def role(printed: str) -> Role | None:
    header = read_header(printed)
    return role_by_words(header, ["1.5", "2.5"], is_numeric=True, unit=header.unit.spelling if header.unit else None)


def test_the_name_of_a_property_is_no_condition() -> None:
    found = [
        each
        for each in load_properties().definitions
        if each.kind is PropertyKind.SCALAR and each.family not in {"processing", "condition"}
    ]
    names = {(name, each.unit) for each in found for name in (each.label, *each.names)}
    settings = {name.lower() for name, unit in names if role(name if unit == "1" else f"{name} ({unit})")}
    assert settings == SETTINGS


@pytest.mark.parametrize(
    "printed",
    [
        "Annealing temperature (°C)", "Melting time (h)", "Melting temperature of the furnace used (°C)",
        "Number of layers", "Frequency (Hz)", "Sintering temperature", "Scan rate (mV/s)", "Pressure (MPa)",
    ],
)  # fmt: skip
def test_a_setting_is_a_condition(printed: str) -> None:
    assert role(printed) is Role.CONDITION


@pytest.mark.parametrize(
    "printed",
    ["Melting temperature", "Peak melting temperature (°C)", "Turnover frequency"],
)
def test_a_property_is_none_whether_or_not_its_unit_is_printed(printed: str) -> None:
    assert role(printed) is None
