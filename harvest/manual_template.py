"""Manual template: a folder and a name in, a table to fill in, its card and a recipe that runs as written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.starter_recipe import checked_name, title_of, write_all

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = """\
id,formula,phase,density_g_cm3,uncertainty_g_cm3,temperature_k,instrument,reference
example-1,SiO2,quartz,2.65,0.01,298.15,helium pycnometer,replace this row by your own
"""
_CARD = """\
# What the columns of {name}.csv are. Add one [[properties]] table for each column of values; rename columns freely.

[card]
title = "{title}"
# What others may do with the values: CC-BY-4.0, CC0-1.0, ODbL-1.0, ... Facts from papers stay yours to collect;
# tables copied from a database keep the licence of that database.
licence = "CC-BY-4.0"
# Where the rows were had: articles, instrument and laboratory, handbook.
origin = "collected by hand"
# How you want to be cited.
attribution = "the collectors of {name}"

[rows]
# A name of its own for every row, which never changes.
id = "id"
# Formulas as in papers: SiO2, Ba0.5Sr0.5TiO3, Mg(OH)2.
formula = "formula"
# The polymorph, mineral or prototype; leave cells empty where it is not known.
phase = "phase"
# Cells with one of these words say that there is no value; empty cells always do.
no_value = ["n/a", "-"]
# For a table that a spreadsheet saved with semicolons and decimal commas:
# delimiter = ";"
# decimal = ","
# encoding = "cp1252"
# What else is worth keeping of a row: a name for it, and the column that holds it. No names of people.
labels = {{ instrument = "instrument", reference = "reference" }}
# A column with crystal structures would be named here; formats: cif, poscar, pymatgen, optimade, jarvis, ase.
# structure = {{ field = "cif", format = "cif" }}

[[properties]]
field = "density_g_cm3"
# An id of the dictionary: `matgranary properties` lists them.
property = "density"
# The unit of the numbers in the column, in whatever unit they are: g/cm^3, kg/m^3; they are converted.
unit = "g/cm^3"
# The column with the uncertainty, in the same unit; or write numbers as 2.65(1), 2.65 ± 0.01.
uncertainty = "uncertainty_g_cm3"
# experiment, dft, dfpt, gw, ml, empirical or unknown; for calculations add functional = "PBE".
method = "experiment"
# Conditions of each row from a column (field), or one for all rows (value = 298.15).
conditions = [{{ name = "temperature", field = "temperature_k", unit = "K" }}]
"""
_RECIPE = """\
# Run it with: matgranary run recipe.toml
# Change {name}.csv as you collect, and take the new rows with: matgranary run recipe.toml --update

[dataset]
name = "{name}"
title = "{title}"
licence = "CC-BY-4.0"
# creators = [{{ name = "Ada Example", orcid = "0000-0002-1825-0097" }}]

[[sources]]
source = "files"
name = "manual"
path = "{name}.csv"
card = "card.toml"

[represent]
with = ["fraction"]
"""


def write_template(folder: Path, name: str) -> list[Path]:
    """Write a template for manual collection; return what was written.

    Args:
        folder: made if it is not there.
        name: of the dataset and of its table.

    Raises:
        RecipeError: the name cannot be that of a dataset, or one of the files is there already; nothing is written.
    """
    title = title_of(checked_name(name))
    texts = {
        folder / f"{name}.csv": _TABLE,
        folder / "card.toml": _CARD.format(name=name, title=title),
        folder / "recipe.toml": _RECIPE.format(name=name, title=title),
    }
    return write_all(texts, folder)
