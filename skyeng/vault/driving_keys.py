"""Driving keys of links, as expressions over staged rows and over rows of the link."""

from __future__ import annotations

from skyeng.hashing.hash_keys import hash_key, key_values, zero_key
from skyeng.model import Hub, Link, Model
from skyeng.sql import SQL, ident, joined, sql


def driving_of_staged(model: Model, link: Link) -> SQL:
    """Driving key of a staged row. It has one active relationship at a time."""
    hubs = _driving_hubs(model, link)
    return _driving(hubs, [hash_key(key_values(model.business_key(hub))) for hub in hubs], sql("staged.row_key"))


def driving_of_link(model: Model, link: Link) -> SQL:
    """Driving key of a row of the link's table."""
    hubs = _driving_hubs(model, link)
    return _driving(hubs, [ident("link", hub.key) for hub in hubs], ident("link", link.key))


def _driving_hubs(model: Model, link: Link) -> list[Hub]:
    return [model.hub(name) for name in link.driving_key]


def _driving(hubs: list[Hub], keys: list[SQL], own: SQL) -> SQL:
    """Hash keys of the driving hubs. Where there are none, or all are missing, the hash key of the relationship."""
    if not hubs:
        return sql("ARRAY[{own}]", own=own)
    return sql(
        "CASE WHEN ARRAY[{keys}] = ARRAY[{none}] THEN ARRAY[{own}] ELSE ARRAY[{keys}] END",
        keys=joined(", ", keys),
        none=joined(", ", [zero_key()] * len(hubs)),
        own=own,
    )
