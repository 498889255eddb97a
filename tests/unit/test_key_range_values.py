"""Key ranges as they are written on the command line."""

from __future__ import annotations

import pytest

from skyeng.detection.key_range import KeyRange, KeyRanges
from skyeng.errors import UsageError
from skyeng.model import Model


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("a=1..9", "1", "9"), ("a=1..", "1", None), ("a=..9", None, "9"), ("a=7", "7", "7"), (" a=b c ", "b c", "b c")],
)
def test_a_range_is_read(text: str, low: str | None, high: str | None) -> None:
    assert KeyRange.read(text) == KeyRange("a", low, high)


@pytest.mark.parametrize("text", ["", "a", "a=", "a=..", "A=1", "=1"])
def test_what_is_no_range_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the range"):
        KeyRange.read(text)


@pytest.mark.parametrize("text", ["depot_code=9..1", "customer_country=PL..DE", "product_sku=b..B"])
def test_a_range_that_is_empty_is_refused(shop: Model, text: str) -> None:
    """It would load nothing, and say that all is well."""
    with pytest.raises(UsageError, match="ends before it begins"):
        KeyRanges.of(shop, [text])


def test_a_bound_that_is_no_value_of_its_column_is_refused(shop: Model) -> None:
    with pytest.raises(UsageError, match="'many' is no value of depot_code"):
        KeyRanges.of(shop, ["depot_code=1..many"])
    assert KeyRanges.of(shop, ["depot_code=10..9999", "product_sku=A..b"]).ranges
