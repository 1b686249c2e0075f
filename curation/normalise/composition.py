"""Composition: amounts of elements in, reduced formulas out; in SQL, a million rows at a time.

Amounts are taken as multiples of 1/10000 and divided by their greatest common divisor: Li0.9Na0.1FePO4 becomes
Li9NaFe10P10O40. Where an element has less than 1/10000, all are taken as multiples of 1e-9, so that no trace is lost.
Entries whose amounts cannot be written so get no composition, and are quarantined for that.

`chemical_formula_reduced` and `chemical_formula_anonymous` follow the OPTIMADE specification 1.2, `formula` is the same
in the order of Pauling electronegativity, as people write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.elements import elements

if TYPE_CHECKING:
    from curation.workbench import Workbench

_RESOLUTION = 10_000
_RESOLUTION_OF_TRACES = 1_000_000_000
LEAST_AMOUNT, MOST_AMOUNT = 1e-8, 1e8

_COMPOSITIONS = f"""
CREATE TABLE compositions AS
WITH amounts AS (
    SELECT entry_id, formula_given, lattice_vectors IS NOT NULL AS has_structure, list_sum(amounts) AS given_atoms,
           list_sort([x.n FOR x IN proportions IF x.n > 0]) AS counts, proportions
    FROM (
        SELECT *, [{{'symbol': symbol, 'n': TRY_CAST(round(amounts[i] * resolution) AS BIGINT)}}
                   FOR symbol, i IN elements] AS proportions
        FROM (
            SELECT *, CASE WHEN list_min([a FOR a IN amounts IF a > 0]) < 1 / {_RESOLUTION}
                           THEN {_RESOLUTION_OF_TRACES} ELSE {_RESOLUTION} END AS resolution
            FROM raw_entries
            WHERE list_max(amounts) BETWEEN 1 / {_RESOLUTION} AND {MOST_AMOUNT} AND list_min(amounts) >= 0
                AND list_min([a FOR a IN amounts IF a > 0]) >= {LEAST_AMOUNT}
        )
    )
), divided AS (
    SELECT *, list_reduce(counts, lambda a, b: gcd(a, b)) AS divisor FROM amounts
), exploded AS (
    SELECT entry_id, x.symbol AS symbol, x.n // divisor AS n
    FROM divided, unnest(proportions) AS u(x) WHERE x.n > 0
), written AS (
    SELECT entry_id,
        list(symbol ORDER BY symbol) AS elements,
        list(n::DOUBLE ORDER BY symbol) AS amounts,
        string_agg(symbol || CASE WHEN n = 1 THEN '' ELSE n::VARCHAR END, '' ORDER BY symbol)
            AS chemical_formula_reduced,
        string_agg(symbol || CASE WHEN n = 1 THEN '' ELSE n::VARCHAR END, ''
                   ORDER BY electronegativity NULLS LAST, symbol) AS formula,
        string_agg(symbol, '-' ORDER BY symbol) AS chemical_system,
        list_reverse_sort(list(n)) AS falling,
        sum(n)::DOUBLE AS reduced_atoms,
        list_sum(list(n * mass_u ORDER BY symbol)) AS reduced_mass_u,
        arg_max(symbol, row(coalesce(electronegativity, 0), symbol)) AS anion,
        (sum(n * highest_state) - arg_max(
            n * (highest_state - lowest_state), row(coalesce(electronegativity, 0), symbol)))::DOUBLE AS highest_charge
    FROM exploded JOIN element_table USING (symbol) GROUP BY entry_id
)
SELECT written.* EXCLUDE (falling),
    array_to_string([
        CASE WHEN i <= 26 THEN chr(64 + i::INTEGER)
             ELSE chr(65 + ((i - 1) % 26)::INTEGER) || chr(96 + ((i - 1) // 26)::INTEGER) END
        || CASE WHEN n = 1 THEN '' ELSE n::VARCHAR END FOR n, i IN falling], '') AS chemical_formula_anonymous,
    CASE WHEN has_structure OR formula_given IS NULL THEN reduced_atoms ELSE given_atoms END AS atoms_per_formula,
    reduced_mass_u / reduced_atoms AS mass_u_per_atom
FROM written JOIN divided USING (entry_id)
"""


def normalise_compositions(bench: Workbench) -> None:
    """Make the table `compositions`, a row for each entry whose amounts are between LEAST_AMOUNT and MOST_AMOUNT.

    atoms_per_formula: atoms in one formula unit: of the formula as given where there is no structure, else of the
    reduced formula.
    highest_charge: charge of the reduced formula with `anion`, its most electronegative element, in the lowest
    oxidation state that it has, and all others in the highest.
    """
    known = list(elements().values())
    table = pa.table(
        {
            "symbol": [element.symbol for element in known],
            "mass_u": [element.mass_u for element in known],
            "electronegativity": [element.electronegativity_pauling for element in known],
            "lowest_state": [element.oxidation_state_lowest for element in known],
            "highest_state": [element.oxidation_state_highest for element in known],
        }
    )
    bench.keep("element_table", table)
    bench.run(_COMPOSITIONS)
