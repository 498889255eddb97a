"""Proof: source = warehouse = datamart, row by row, and the rows that differ by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from skyeng.control.loads import rows_active
from skyeng.db.clickhouse import Session as MartSession
from skyeng.db.postgres import Session
from skyeng.db.stores import Stores
from skyeng.detection.comparison import Comparison, agreed_method
from skyeng.hashing.checksums import Fingerprint, proof_buckets
from skyeng.marts import migrations as mart_migrations
from skyeng.marts import objects as mart_objects
from skyeng.marts.tables import MartTables
from skyeng.model import Feed, Mart, Model
from skyeng.proof.endpoints import MartSide, PostgresSide, Side, mart_side, source_side, vault_sides
from skyeng.proof.row_versions import Versions
from skyeng.sources.postgres import check_columns, reading
from skyeng.vault import derived
from skyeng.vault.revisions import check_migrated

#: Rows named of each comparison, and rows looked at for them, about.
_NAMED = 20
_LOOKED_AT = 20_000
#: What `skyeng.proof.exported_rows.VALIDITY` is called here.
_VALIDITY = ("is_deleted", "load_end_ts")


@dataclass(frozen=True)
class Difference:
    """One row on which two sides disagree."""

    feed: str
    main: str
    follower: str
    #: `missing`: the follower lacks it; `extra`: only the follower has it; `doubled` or `differs`.
    kind: str
    row_key: str
    #: Business key, and for a row that differs what each side says.
    detail: str

    def __str__(self) -> str:
        words = {
            "missing": f"missing in {self.follower}",
            "extra": f"only in {self.follower}, not in {self.main}",
            "doubled": f"more than once in {self.follower}",
        }
        return f"{self.feed}: {words.get(self.kind, f'{self.follower} differs from {self.main}')}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """The result of one comparison of two sides."""

    feed: str
    main: str
    follower: str
    rows: int
    #: What the fingerprints say, whether or not a row could be named.
    equal: bool
    differences: tuple[Difference, ...] = ()
    #: False if more rows differ than are named.
    complete: bool = True


def verify(model: Model, stores: Stores) -> list[Verification]:
    """Compare source with vault, and vault with every mart, over everything they hold now."""
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
            compared = _Compared(model, feed, proof_buckets(rows_active(warehouse, model, feed)))
            # What a delta delivered once, its source need not hold any more.
            vault = vault_sides(warehouse, model, feed, None if feed.delta else method)
            marts = [mart for mart in model.marts if mart.feed == feed.name]
            shown = [mart_side(datamart, model, mart) for mart in marts if datamart]
            delivered = None if feed.delta else source_side(source, model, feed, method)
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
    """Fingerprints of the source, and of what analysts see of each mart."""

    source: dict[int, Fingerprint]
    marts: dict[str, dict[int, Fingerprint]]


@dataclass(frozen=True)
class _Compared:
    """The comparisons of one feed, by so many buckets."""

    model: Model
    feed: Feed
    buckets: int

    def read(self, source: PostgresSide | None, vault: Sequence[PostgresSide], marts: Sequence[MartSide]) -> _Found:
        """Let the three stores compute their fingerprints at once; the vault keeps its own."""
        with ThreadPoolExecutor(max_workers=3, thread_name_prefix="verify") as pool:
            delivered = pool.submit(source.fingerprints, self.buckets) if source else None
            held = [pool.submit(side.fingerprints, self.buckets) for side in vault[:1]]
            shown = pool.submit(self._read_marts, marts)
        for one in held:
            one.result()
        return _Found(delivered.result() if delivered else {}, shown.result())

    def _read_marts(self, marts: Sequence[MartSide]) -> dict[str, dict[int, Fingerprint]]:
        return {side.name: side.fingerprints(self.buckets) for side in marts}

    def with_source(self, source: PostgresSide, vault: PostgresSide, found: _Found) -> Verification:
        key = tuple(column.name for column in self.model.row_key(self.feed))
        names = tuple(column.name for column in self.model.feed_columns(self.feed))
        return self._compare(source, vault, found.source, vault.fingerprints(self.buckets), names, key)

    def with_mart(
        self, vault: PostgresSide, side: MartSide, found: _Found, versions: Versions
    ) -> Iterator[Verification]:
        """What analysts see, and the history with each of its row versions."""
        mart = versions.mart
        keys = {column.name for column in self.model.row_key(self.feed)}
        names = tuple(column.name for column in mart.columns)
        key = tuple(column.name for column in mart.columns if column.column in keys)
        seen = self._compare(vault, side, vault.fingerprints(self.buckets), found.marts[side.name], names, key)
        yield seen
        if loads := versions.differing():
            yield self._past(versions, loads, seen, names, key)
        else:
            yield replace(seen, follower=MartTables(mart).history)

    def _past(
        self,
        versions: Versions,
        loads: Sequence[datetime],
        seen: Verification,
        names: tuple[str, ...],
        key: tuple[str, ...],
    ) -> Verification:
        """The row versions that differ, of loads that do."""
        named: list[Difference] = []
        complete = True
        for load_ts in loads:
            if len(named) >= _NAMED:
                complete = False
                break
            vault, history = versions.sides(load_ts)
            held, shown = vault.fingerprints(self.buckets), history.fingerprints(self.buckets)
            found = self._compare(vault, history, held, shown, (*names, *_VALIDITY), key)
            when = f"; load of {load_ts:%Y-%m-%d %H:%M:%S.%f} UTC"
            named += (replace(it, detail=it.detail + when) for it in found.differences)
            complete = complete and found.complete
        follower = MartTables(versions.mart).history
        return replace(seen, follower=follower, equal=False, differences=tuple(named), complete=complete)

    def _compare(
        self,
        main: Side,
        follower: Side,
        held: dict[int, Fingerprint],
        shown: dict[int, Fingerprint],
        names: tuple[str, ...],
        key: tuple[str, ...],
    ) -> Verification:
        differing = Comparison(held, shown).differing
        rows = sum(count for count, _ in held.values())
        if not differing:
            return Verification(self.feed.name, main.name, follower.name, rows, equal=True)
        looked_into = differing[: max(1, _LOOKED_AT * self.buckets // max(rows, 1))]
        keys = _disagreeing(main, follower, looked_into, self.buckets)
        named = tuple(_named(self.feed, main, follower, names, key, keys[:_NAMED]))
        complete = bool(named) and len(looked_into) == len(differing) and len(keys) <= _NAMED
        return Verification(self.feed.name, main.name, follower.name, rows, False, named, complete)


def mart_is_right(model: Model, mart: Mart, warehouse: Session, datamart: MartSession) -> bool:
    """Whether a mart holds exactly the vault's rows, now and in each load, by checksums alone."""
    feed = model.feed(mart.feed)
    buckets = proof_buckets(rows_active(warehouse, model, feed))
    place = [one.name for one in model.marts if one.feed == feed.name].index(mart.name)
    vault = vault_sides(warehouse, model, feed, None)[place]
    current = mart_side(datamart, model, mart)
    seen = not Comparison(vault.fingerprints(buckets), current.fingerprints(buckets)).differing
    return seen and not Versions(model, mart, warehouse, datamart).differing()


def _disagreeing(main: Side, follower: Side, chosen: Sequence[int], buckets: int) -> list[str]:
    """Keys of the rows that differ, as far as the chosen buckets tell."""
    ours, theirs = main.hashes(chosen, buckets), follower.hashes(chosen, buckets)
    return sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))


def _named(
    feed: Feed, main: Side, follower: Side, names: tuple[str, ...], key: tuple[str, ...], keys: list[str]
) -> Iterator[Difference]:
    ours, theirs = main.texts(keys), follower.texts(keys)
    for row_key in keys:
        left, right = ours.get(row_key, []), theirs.get(row_key, [])
        if left == right:
            continue  # its bucket differs because of another row
        kind = "extra" if not left else "missing" if not right else "doubled" if len(left) < len(right) else "differs"
        texts = dict(zip(names, (left or right)[0], strict=True))
        who = ", ".join(f"{name} = {texts[name]}" for name in key if texts[name] is not None)
        detail = who or f"row key {row_key}"
        if kind == "differs":
            unequal = (
                f"{name}: {main.name} has {_shown(a)}, {follower.name} has {_shown(b)}"
                for name, a, b in zip(names, left[0], right[0], strict=True)
                if a != b
            )
            detail += "; " + "; ".join(unequal)
        yield Difference(feed.name, main.name, follower.name, kind, row_key, detail)


def _shown(text: str | None) -> str:
    if text is None:
        return "NULL"
    return repr(text if len(text) <= 80 else text[:80] + "...")
