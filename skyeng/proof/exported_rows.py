"""The hash of a mart's row, which PostgreSQL and ClickHouse compute from the values that they store.

The values of each entity are digested separately. The row's hash covers the row key, the business keys and these
digests. So the vault digests an entity once, even if a million rows contain it. Digesting whole rows of 33 columns
takes four times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from skyeng.hashing.hash_keys import Value, clickhouse_digest_text, clickhouse_text_hash, digest_text, text_hash
from skyeng.marts.tables import types
from skyeng.model import LogicalType, Mart, MartColumn, Model, Satellite
from skyeng.model.types import parse_type
from skyeng.sql import SQL, ident, joined, sql
from skyeng.vault.readback import Computed

_UUID = parse_type("uuid")
#: Names of the columns that are added to a row version to compare it.
ROW_DELETED, ROW_END_TS = "row_deleted", "row_end_ts"
#: Validity of a row version: whether its load deleted the row; if not, the load that ended the version.
VALIDITY = (
    Value(ROW_DELETED, ident(ROW_DELETED), parse_type("smallint")),
    Value(ROW_END_TS, ident(ROW_END_TS), parse_type("timestamptz")),
)


@dataclass(frozen=True)
class ExportedRow:
    """Hashes of a mart's rows: expressions for the vault and for the mart, which give equal values."""

    model: Model
    mart: Mart

    @cached_property
    def _described(self) -> dict[str, list[tuple[str, MartColumn, LogicalType]]]:
        """The mart's columns by satellite: name in the vault, column of the mart, and type."""
        owners = {column.name: column for column in self.model.feed_columns(self.model.feed(self.mart.feed))}
        found: dict[str, list[tuple[str, MartColumn, LogicalType]]] = {}
        for column, type_ in types(self.model, self.mart):
            owner = owners[column.column].owner
            if isinstance(owner, Satellite):
                found.setdefault(owner.name, []).append((owners[column.column].vault_column, column, type_))
        return found

    @property
    def shown(self) -> list[Value]:
        """The mart's columns, as expressions over the feed's columns."""
        return [Value(column.name, ident(column.column), type_) for column, type_ in types(self.model, self.mart)]

    @property
    def digests(self) -> Computed:
        """Expressions of the digests that the vault computes for each entity."""
        return {
            satellite: {
                self._digest(satellite): digest_text(
                    Value(column.name, ident(name), type_) for name, column, type_ in columns
                )
            }
            for satellite, columns in self._described.items()
        }

    @property
    def vault_hash(self) -> SQL:
        """Expression of the row's hash over the vault's rows with `row_key` and `digests`."""
        return text_hash(self._vault_values())

    @property
    def vault_version_hash(self) -> SQL:
        """Expression of a row version's hash over the vault's row versions with `digests` and validity."""
        return text_hash([*self._vault_values(), *VALIDITY])

    def _vault_values(self) -> list[Value]:
        keys = [Value(column.name, ident(column.column), type_) for column, type_ in self._keys()]
        return self._hashed(sql("row_key"), keys)

    def mart_rows(self, relation: SQL, *, versions: bool = False) -> SQL:
        """Query of the mart's rows with `row_key` and `row_hash`. Hashes of row versions cover their validity too."""
        digests = (
            sql(
                "{digest} AS {name}, ",
                digest=clickhouse_digest_text(
                    Value(column.name, ident(column.name), type_) for _, column, type_ in columns
                ),
                name=ident(self._digest(satellite)),
            )
            for satellite, columns in self._described.items()
        )
        keys = [Value(column.name, ident(column.name), type_) for column, type_ in self._keys()]
        hashed = [*self._hashed(ident(self.mart.key), keys), *(VALIDITY if versions else ())]
        return sql(
            "SELECT *, {key} AS row_key, {digests}{hash} AS row_hash FROM {relation}",
            key=ident(self.mart.key),
            digests=joined("", digests),
            hash=clickhouse_text_hash(hashed),
            relation=relation,
        )

    def _hashed(self, key: SQL, keys: list[Value]) -> list[Value]:
        digests = (self._digest(satellite) for satellite in self._described)
        return [Value(self.mart.key, key, _UUID), *keys, *(Value(name, ident(name), _UUID) for name in digests)]

    def _keys(self) -> Iterator[tuple[MartColumn, LogicalType]]:
        described = {column.name for columns in self._described.values() for _, column, _ in columns}
        return ((column, type_) for column, type_ in types(self.model, self.mart) if column.name not in described)

    def _digest(self, satellite: str) -> str:
        return f"{satellite}_digest_{self.model.marts.index(self.mart)}"
