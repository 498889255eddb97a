"""Errors say what was wrong, where, what was expected and what to do, and each has an exit code."""

from __future__ import annotations

from skyeng import errors
from skyeng.errors import SkyengError, UsageError


def test_the_four_parts_stand_below_each_other() -> None:
    error = SkyengError("the file is empty", where="a.yaml", expected="a mapping", remedy="write one")
    assert str(error).splitlines() == [
        "the file is empty",
        "  where:    a.yaml",
        "  expected: a mapping",
        "  to do:    write one",
    ]
    assert str(SkyengError("only this")) == "only this"


def test_later_lines_of_a_part_are_indented_with_it() -> None:
    assert str(SkyengError("no", where="a\nb")).splitlines()[1:] == ["  where:    a", "            b"]


def test_usage_and_settings_exit_with_2_and_all_else_with_1() -> None:
    kinds = [it for it in vars(errors).values() if isinstance(it, type) and issubclass(it, SkyengError)]
    assert len(kinds) > 20
    assert all(it.exit_code == (2 if issubclass(it, UsageError) else 1) for it in kinds)
    assert all(it.__doc__ for it in kinds)
