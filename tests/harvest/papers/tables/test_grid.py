from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harvest.papers.notation.marked import Marked
from harvest.papers.tables.grid import MAX_COLUMNS, Cell, Grid, expand


def cell(text: str, rows: int = 1, columns: int = 1) -> Cell:
    return Cell(printed=text, body=Marked.of(text), row_span=rows, column_span=columns)


def texts(grid: Grid) -> list[list[str]]:
    return [[c.body.text for c in grid.row(row)] for row in range(grid.n_rows)]


def test_row_and_column_spans_are_expanded() -> None:
    grid = expand([[[cell("a", rows=2), cell("b", columns=2)], [cell("c"), cell("d")]]], header_rows=1)
    assert texts(grid) == [["a", "b", "b"], ["a", "c", "d"]]
    assert [grid.is_origin(1, column) for column in range(3)] == [False, True, True]
    assert not grid.is_origin(0, 2)


def test_two_cells_with_the_same_text_are_two_origins() -> None:
    grid = expand([[[cell("1"), cell("1")]]], header_rows=0)
    assert grid.is_origin(0, 0)
    assert grid.is_origin(0, 1)


def test_a_row_span_does_not_leave_its_group() -> None:
    grid = expand([[[cell("head", rows=9), cell("x")]], [[cell("1"), cell("2")]]], header_rows=1)
    assert texts(grid) == [["head", "x"], ["1", "2"]]


def test_short_rows_are_filled_with_nothing() -> None:
    grid = expand([[[cell("a"), cell("b")], [cell("c")]]], header_rows=0)
    assert texts(grid) == [["a", "b"], ["c", ""]]
    assert not grid.is_origin(1, 1)


def test_a_huge_span_is_cut() -> None:
    assert expand([[[cell("a", columns=10**9)]]], header_rows=0).n_columns == MAX_COLUMNS


def test_a_table_without_rows_is_an_empty_grid() -> None:
    grid = expand([], header_rows=3)
    assert (grid.n_rows, grid.n_columns, grid.header_rows) == (0, 0, 0)


def test_transposing_keeps_the_origins() -> None:
    grid = expand([[[cell("a"), cell("b", columns=2)]]], header_rows=1)
    turned = grid.transposed(header_rows=1)
    assert texts(turned) == [["a"], ["b"], ["b"]]
    assert [turned.is_origin(row, 0) for row in range(3)] == [True, True, False]


@given(st.lists(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=5), max_size=6))
def test_each_cell_has_one_origin_and_rows_are_equally_long(spans: list[list[tuple[int, int]]]) -> None:
    rows = [[cell(f"{r}.{c}", *span) for c, span in enumerate(row)] for r, row in enumerate(spans)]
    grid = expand([rows], header_rows=0)
    assert len({len(row) for row in grid.places}) <= 1
    origins = [(r, c) for r in range(grid.n_rows) for c in range(grid.n_columns) if grid.is_origin(r, c)]
    assert len(origins) == sum(map(len, rows))
