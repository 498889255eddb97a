"""Segmentations and row selections as values: sizes, limits and the conditions that they give."""

from __future__ import annotations

import pytest

from skyeng.detection.segmentation import RowSelection, Segmentation
from skyeng.sql import sql


@pytest.mark.parametrize(
    ("keyed", "unkeyed", "span", "expected"),
    [
        (0, 0, None, Segmentation(4, 64)),
        (0, 10_000_000, None, Segmentation(4, 1 << 18)),
        (0, 100_000, None, Segmentation(4, 1 << 13)),
        (1_000_000, 0, 500_000, Segmentation(4, 64)),
        (1_000_000, 5_000, 1_000_000, Segmentation(5, 512)),
        (1_000_000, 0, 0, Segmentation(1, 64)),
        (1_000_000, 0, 1 << 62, Segmentation(47, 64)),
        (10, 0, 1 << 62, Segmentation(58, 64)),
    ],
)
def test_it_suits_the_rows(keyed: int, unkeyed: int, span: int | None, expected: Segmentation) -> None:
    assert Segmentation.of(keyed, unkeyed, span) == expected


def test_wide_segments_locate_no_keys() -> None:
    assert [bits for bits in range(59) if Segmentation(bits).locates_keys] == [0, 1, 2, 3, 4, 5, 6]
    assert (Segmentation(4).unit, Segmentation(4).last_offset) == (32, 15)


@pytest.mark.parametrize(
    ("selection", "condition"),
    [
        (RowSelection(Segmentation()), "false"),
        (RowSelection(Segmentation(), everything=True), "true"),
        (RowSelection(Segmentation(), keys="{7,8}"), "(k = ANY('{7,8}'::int[]))"),
    ],
)
def test_a_selection_is_a_condition(selection: RowSelection, condition: str) -> None:
    assert selection.condition(sql("k"), sql("int")).text == condition
    assert bool(selection) == (condition != "false")


def test_keys_and_segments_are_alternatives() -> None:
    both = RowSelection(Segmentation(4, 64), keys="{7}", segments="{-3}").condition(sql("k"), sql("int")).text
    assert both.startswith("(k = ANY('{7}'::int[]) OR coalesce(row_place >> 4,")
    assert both.endswith("= ANY('{-3}'::bigint[]))")
