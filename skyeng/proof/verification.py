"""Proof that source, warehouse and datamart are equal, row by row. Rows that differ are named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from skyeng.control.loads import rows_active
from skyeng.db.clickhouse import ClickHouseSession
from skyeng.db.postgres import Session
from skyeng.db.stores import Stores
from skyeng.detection.comparison import Comparison, agreed_method
from skyeng.hashing.checksums import Checksum, proof_hash_buckets
from skyeng.marts import migrations as mart_migrations
from skyeng.marts import objects as mart_objects
from skyeng.marts.tables import MartTables
from skyeng.model import Feed, Mart, Model
from skyeng.proof.endpoints import (
    Endpoint,
    MartEndpoint,
    PostgresEndpoint,
    mart_endpoint,
    source_endpoint,
    vault_endpoints,
)
from skyeng.proof.row_versions import Versions
from skyeng.sources.postgres import check_columns, reading
from skyeng.vault import derived
from skyeng.vault.revisions import check_migrated

#: Rows named in each comparison, and the approximate number of rows inspected to find them.
_NAMED = 20
_LOOKED_AT = 20_000
#: Names of `skyeng.proof.exported_rows.VALIDITY` in messages.
_VALIDITY = ("is_deleted", "load_end_ts")


@dataclass(frozen=True)
class RowDifference:
    """One row that differs between two endpoints."""

    feed: str
    source: str
    target: str
    #: `missing`: the target lacks it. `extra`: only the target has it. `doubled`: the target has it more often. Else
    #: `differs`.
    kind: str
    row_key: str
    #: Business key, and for `differs` the values at both endpoints.
    detail: str

    def __str__(self) -> str:
        words = {
            "missing": f"missing in {self.target}",
            "extra": f"only in {self.target}, not in {self.source}",
            "doubled": f"more than once in {self.target}",
        }
        return f"{self.feed}: {words.get(self.kind, f'{self.target} differs from {self.source}')}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """The result of one comparison of two endpoints."""

    feed: str
    source: str
    target: str
    rows: int
    #: Whether the checksums are equal. They may differ although no row could be named.
    equal: bool
    differences: tuple[RowDifference, ...] = ()
    #: False if more rows differ than are named.
    complete: bool = True


def verify(model: Model, stores: Stores) -> list[Verification]:
    """Compare the source with the vault, and the vault with every mart and its history."""
    check_migrated(stores.warehouse, model)
    with ExitStack() as stack:
        source = stack.enter_context(stores.source.session(snapshot=True))
        warehouse = stack.enter_context(stores.warehouse.session(snapshot=True))
        derived.check(warehouse, model)
        method = agreed_method(source, warehouse)
        datamart = stack.enter_context(stores.datamart.session()) if model.marts else None
        if datamart:
            mart_objects.check(model, mart_migrations.declared(model), mart_migrations.check_migrated(datamart, model))
        with_source: list[Verification] = []
        with_marts: list[Verification] = []
        for feed in model.feeds:
            compared = _Compared(model, feed, proof_hash_buckets(rows_active(warehouse, model, feed)))
            # The source of a delta feed need not have all rows that it once delivered.
            vault = vault_endpoints(warehouse, model, feed, None if feed.delta else method)
            marts = [mart for mart in model.marts if mart.feed == feed.name]
            shown = [mart_endpoint(datamart, model, mart) for mart in marts if datamart]
            delivered = None if feed.delta else source_endpoint(source, model, feed, method)
            if delivered:
                check_columns(source, model, feed)
            with reading(model, feed):
                found = compared.read(delivered, vault, shown)
                if delivered:
                    with_source.append(compared.with_source(delivered, vault.pop(0), found))
            for mart, served, side in zip(marts, vault, shown, strict=True):
                versions = Versions(model, mart, warehouse, side.session)
                with_marts += compared.with_mart(served, side, found, versions)
        return with_source + with_marts


@dataclass(frozen=True)
class _Found:
    """Checksums of the source, and of the current rows of each mart."""

    source: dict[int, Checksum]
    marts: dict[str, dict[int, Checksum]]


@dataclass(frozen=True)
class _Compared:
    """The comparisons of one feed, by a number of hash buckets."""

    model: Model
    feed: Feed
    buckets: int

    def read(
        self, source: PostgresEndpoint | None, vault: Sequence[PostgresEndpoint], marts: Sequence[MartEndpoint]
    ) -> _Found:
        """Let the three stores compute their checksums concurrently. Those of the vault are stored in its endpoints."""
        with ThreadPoolExecutor(max_workers=3, thread_name_prefix="verify") as pool:
            delivered = pool.submit(source.checksums, self.buckets) if source else None
            held = [pool.submit(side.checksums, self.buckets) for side in vault[:1]]
            shown = pool.submit(self._read_marts, marts)
        for one in held:
            one.result()
        return _Found(delivered.result() if delivered else {}, shown.result())

    def _read_marts(self, marts: Sequence[MartEndpoint]) -> dict[str, dict[int, Checksum]]:
        return {side.name: side.checksums(self.buckets) for side in marts}

    def with_source(self, source: PostgresEndpoint, vault: PostgresEndpoint, found: _Found) -> Verification:
        key = tuple(column.name for column in self.model.row_key(self.feed))
        names = tuple(column.name for column in self.model.feed_columns(self.feed))
        return self._compare(source, vault, found.source, vault.checksums(self.buckets), names, key)

    def with_mart(
        self, vault: PostgresEndpoint, side: MartEndpoint, found: _Found, versions: Versions
    ) -> Iterator[Verification]:
        """Compare the current rows of a mart, then each row version of its history."""
        mart = versions.mart
        keys = {column.name for column in self.model.row_key(self.feed)}
        names = tuple(column.name for column in mart.columns)
        key = tuple(column.name for column in mart.columns if column.column in keys)
        seen = self._compare(vault, side, vault.checksums(self.buckets), found.marts[side.name], names, key)
        yield seen
        if loads := versions.differing():
            yield self._past(versions, loads, seen, names, key)
        else:
            yield replace(seen, target=MartTables(mart).history)

    def _past(
        self,
        versions: Versions,
        loads: Sequence[datetime],
        seen: Verification,
        names: tuple[str, ...],
        key: tuple[str, ...],
    ) -> Verification:
        """Name the row versions that differ, within the loads that differ."""
        named: list[RowDifference] = []
        complete = True
        for load_ts in loads:
            if len(named) >= _NAMED:
                complete = False
                break
            vault, history = versions.endpoints(load_ts)
            held, shown = vault.checksums(self.buckets), history.checksums(self.buckets)
            found = self._compare(vault, history, held, shown, (*names, *_VALIDITY), key)
            when = f"; load of {load_ts:%Y-%m-%d %H:%M:%S.%f} UTC"
            named += (replace(it, detail=it.detail + when) for it in found.differences)
            complete = complete and found.complete
        target = MartTables(versions.mart).history
        return replace(seen, target=target, equal=False, differences=tuple(named), complete=complete)

    def _compare(
        self,
        source: Endpoint,
        target: Endpoint,
        held: dict[int, Checksum],
        shown: dict[int, Checksum],
        names: tuple[str, ...],
        key: tuple[str, ...],
    ) -> Verification:
        differing = Comparison(held, shown).differing
        rows = sum(count for count, _ in held.values())
        if not differing:
            return Verification(self.feed.name, source.name, target.name, rows, equal=True)
        inspected = differing[: max(1, _LOOKED_AT * self.buckets // max(rows, 1))]
        keys = _disagreeing(source, target, inspected, self.buckets)
        named = tuple(_named(self.feed, source, target, names, key, keys[:_NAMED]))
        complete = bool(named) and len(inspected) == len(differing) and len(keys) <= _NAMED
        return Verification(self.feed.name, source.name, target.name, rows, False, named, complete)


def mart_is_right(model: Model, mart: Mart, warehouse: Session, datamart: ClickHouseSession) -> bool:
    """Whether a mart has exactly the rows of the vault, now and in each load. Only checksums are compared."""
    feed = model.feed(mart.feed)
    buckets = proof_hash_buckets(rows_active(warehouse, model, feed))
    place = [one.name for one in model.marts if one.feed == feed.name].index(mart.name)
    vault = vault_endpoints(warehouse, model, feed, None)[place]
    current = mart_endpoint(datamart, model, mart)
    seen = not Comparison(vault.checksums(buckets), current.checksums(buckets)).differing
    return seen and not Versions(model, mart, warehouse, datamart).differing()


def _disagreeing(source: Endpoint, target: Endpoint, chosen: Sequence[int], buckets: int) -> list[str]:
    """Keys of the rows in the chosen hash buckets that differ."""
    ours, theirs = source.hashes(chosen, buckets), target.hashes(chosen, buckets)
    return sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))


def _named(
    feed: Feed, source: Endpoint, target: Endpoint, names: tuple[str, ...], key: tuple[str, ...], keys: list[str]
) -> Iterator[RowDifference]:
    ours, theirs = source.texts(keys), target.texts(keys)
    for row_key in keys:
        left, right = ours.get(row_key, []), theirs.get(row_key, [])
        if left == right:
            continue  # its hash bucket differs because of another row
        kind = "extra" if not left else "missing" if not right else "doubled" if len(left) < len(right) else "differs"
        texts = dict(zip(names, (left or right)[0], strict=True))
        who = ", ".join(f"{name} = {texts[name]}" for name in key if texts[name] is not None)
        detail = who or f"row key {row_key}"
        if kind == "differs":
            unequal = (
                f"{name}: {source.name} has {_shown(a)}, {target.name} has {_shown(b)}"
                for name, a, b in zip(names, left[0], right[0], strict=True)
                if a != b
            )
            detail += "; " + "; ".join(unequal)
        yield RowDifference(feed.name, source.name, target.name, kind, row_key, detail)


def _shown(text: str | None) -> str:
    if text is None:
        return "NULL"
    return repr(text if len(text) <= 80 else text[:80] + "...")
