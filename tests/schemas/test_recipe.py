"""Recipes: read as a whole, every problem with its line."""

from __future__ import annotations

import pytest

from schemas.recipe import DedupLevel, Recipe, RecipeError, SourceRequest, read_toml

GOOD = """\
[dataset]
name = "oxides"
title = "Oxides"
licence = "CC-BY-4.0"

[[sources]]
source = "optimade"
provider = "mp"

[[papers]]
files = "papers/*.xml"

[curate]
dedup = "loose"

[represent]
with = ["one_hot"]
"""


def read(text: str) -> Recipe:
    return read_toml(Recipe, text, file="recipe.toml")


def test_a_recipe_is_read_with_its_defaults() -> None:
    recipe = read(GOOD)
    assert [request.key for request in recipe.requests] == ["optimade-mp", "article_files"]
    assert [request.source for request in recipe.requests] == ["optimade", "article_files"]
    assert recipe.requests[0].options == {"provider": "mp"}
    assert [place for place, _ in recipe.places()] == [("sources", 0), ("papers", 0)]
    assert recipe.curate.dedup is DedupLevel.LOOSE
    assert recipe.represent.with_ == ("one_hot",)
    assert recipe.release.to == ()


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"source": "files", "path": "a/Band gaps.v2.csv"}, "files-band_gaps"),
        ({"source": "optimade", "provider": "odbx.misc"}, "optimade-odbx_misc"),
        ({"source": "optimade", "base_url": "http://127.0.0.1"}, "optimade"),
        ({"source": "files", "path": "x.csv", "name": "mine"}, "mine"),
    ],
)
def test_the_name_of_a_source_is_derived_from_what_it_reads(fields: dict[str, str], key: str) -> None:
    assert SourceRequest.model_validate(fields).key == key


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('name = "oxides"', 'name = "Oxides!"', 2, "dataset.name: .*pattern.*got 'Oxides!'"),
        ('title = "Oxides"', 'titel = "Oxides"', 3, "dataset.titel: Extra inputs"),
        ('title = "Oxides"\n', "", 1, "dataset.title: Field required"),
        ('licence = "CC-BY-4.0"', 'licence = "CC-BY"', 4, "dataset.licence: 'CC-BY' is not a data licence"),
        ('source = "optimade"\n', "", 6, r"sources\.0\.source: Field required"),
        ('dedup = "loose"', 'dedup = "sloppy"', 14, "curate.dedup: .*'exact', 'strict' or 'loose'"),
        ("[curate]", "[curation]", 13, "curation: Extra inputs"),
        ("[curate]", "[curate", 13, "not valid TOML"),
        ('provider = "mp"', "provider = mp", 8, "not valid TOML"),
    ],
)
def test_a_problem_has_its_line(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(RecipeError, match=rf"(?m)^recipe\.toml:{line}: {says}"):
        read(GOOD.replace(old, new, 1))


def test_all_problems_come_at_once() -> None:
    text = GOOD.replace('name = "oxides"', "name = 5").replace('dedup = "loose"', "dedup = 5")
    with pytest.raises(RecipeError) as caught:
        read(text)
    assert [line for line, _ in caught.value.problems] == [2, 14]
    assert caught.value.exit_code == 2


def test_a_recipe_without_sources_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"at least one \[\[sources\]\] or \[\[papers\]\]"):
        read(GOOD.split("[[sources]]", maxsplit=1)[0])


def test_a_text_that_ends_too_early_names_its_last_line() -> None:
    with pytest.raises(RecipeError, match=r"^recipe\.toml:2: not valid TOML"):
        read('[dataset]\nkeywords = ["a",')
