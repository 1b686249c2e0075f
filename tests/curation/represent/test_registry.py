from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from curation.represent import registry
from curation.represent.composition.fractions import OneHot
from curation.represent.errors import AmbiguousRepresentationError, UnknownRepresentationError
from curation.represent.registry import load_representer, representer_names

OURS = ("fraction", "magpie", "mat2vec", "one_hot")


def test_ours_are_installed() -> None:
    assert set(OURS) <= set(representer_names())


@pytest.mark.parametrize("name", OURS)
def test_each_is_called_as_it_is_installed_and_labels_every_component(name: str) -> None:
    spec = load_representer(name).spec
    assert spec.name == name
    assert len(spec.labels) == len(set(spec.labels)) == spec.width


def test_an_unknown_name_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UnknownRepresentationError, match=r"'magpye'; did you mean magpie\?") as caught:
        load_representer("magpye")
    assert caught.value.exit_code == 2
    assert "one_hot" in str(caught.value)


def installed(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, registry.GROUP) for name, value in entries]

    def entry_points(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [entry for entry in found if entry.group == group and name in {None, entry.name}]

    monkeypatch.setattr(registry, "entry_points", entry_points)


def test_without_an_installation_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    with pytest.raises(UnknownRepresentationError, match="none is installed"):
        load_representer("magpie")


def test_a_name_that_two_packages_claim_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("soap", "theirs:Soap"), ("soap", "others:Soap"))
    with pytest.raises(AmbiguousRepresentationError, match="others:Soap and by theirs:Soap"):
        load_representer("soap")


def test_an_entry_point_that_is_listed_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    same = ("one_hot", "curation.represent.composition.fractions:OneHot")
    installed(monkeypatch, same, same)
    assert isinstance(load_representer("one_hot"), OneHot)


def test_a_representer_under_a_foreign_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, ("presence", "curation.represent.composition.fractions:OneHot"))
    with pytest.raises(AmbiguousRepresentationError, match="'presence' calls itself 'one_hot'"):
        load_representer("presence")
