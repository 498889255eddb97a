"""`to_datawarehouse`: the source's changes since the last load, historised into the vault.

Each step opens its own connections and finds its input in the warehouse, so that it can run in
any process, and be run again. What passes between steps is a `Load` and counts, never rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from skyeng.fingerprint import Method, Selection, as_fingerprints, bucket_count, fingerprints
from skyeng.model import Entity, Feed, Model
from skyeng.pipe import pipe
from skyeng.pipeline.comparison import Comparison, agreed_method
from skyeng.pipeline.steps import Stage, Step
from skyeng.pipeline.stores import Stores
from skyeng.postgres import Session
from skyeng.source import feed as source_feed
from skyeng.sql import ident, sql
from skyeng.warehouse import loads, staging, vault
from skyeng.warehouse.checks import check_rows
from skyeng.warehouse.loads import Load
from skyeng.warehouse.staging import Changes


@dataclass(frozen=True)
class ToDatawarehouse:
    """The steps of one run. `full` compares with the vault itself, trusting no bookkeeping."""

    model: Model
    stores: Stores
    full: bool = False

    def e_from_pg_datawarehouse(self) -> Load:
        """Open a load, and note what the warehouse holds, by bucket."""
        method = self._method()
        with self.stores.warehouse.session() as session:
            loads.roll_back_dead(session, self.model)
            trusted = not self.full and loads.last_method(session, self.model) in (method, None)
            load = loads.open_load(session, self.model, method)
            for feed in self.model.feeds:
                staging.clear(session, feed)
                if not trusted:
                    staging.rebuild_rows(session, self.model, feed, method)
                buckets = bucket_count(staging.rows_held(session, feed))
                staging.keep_fingerprints(session, self.model, feed, buckets)
                staging.keep_selection(session, self.model, feed, Selection(buckets))
        return load

    def e_from_pg_datasource(self, load: Load) -> dict[str, int]:
        """Stage the rows that may differ: all feeds from one snapshot of the source."""
        with (
            self.stores.source.session(snapshot=True) as source,
            self.stores.warehouse.session() as warehouse,
        ):
            method = loads.method_of(warehouse, load)
            return {f"stage.{feed.name}": self._stage(source, warehouse, feed, method) for feed in self.model.feeds}

    def _stage(self, source: Session, warehouse: Session, feed: Feed, method: Method) -> int:
        source_feed.check_columns(source, self.model, feed)
        staging.clear(warehouse, feed)
        selection = self._differing(source, warehouse, feed, method)
        staging.keep_selection(warehouse, self.model, feed, selection)
        if not selection:
            return 0
        rows = source_feed.extraction(self.model, feed, method, selection)
        columns = source_feed.staged_columns(self.model, feed)
        with pipe(lambda end: source.copy_out(rows, end, binary=True)) as flow:
            staged = warehouse.copy_in(ident("stage", feed.name), columns, flow.reader)
        warehouse.execute(sql("ANALYZE stage.{feed}", feed=ident(feed.name)))
        return staged

    def _differing(self, source: Session, warehouse: Session, feed: Feed, method: Method) -> Selection:
        held = staging.kept_fingerprints(warehouse, self.model, feed)
        buckets = staging.kept_selection(warehouse, self.model, feed).total
        if not held:
            return Selection(buckets)
        rows = source_feed.hashed_rows(self.model, feed, method)
        found = as_fingerprints(source.rows(fingerprints(rows, buckets)))
        return Selection.of(Comparison(found, held).differing, buckets)

    def t_find_new_rows(self, load: Load) -> dict[str, Changes]:
        """Compare row by row beside the warehouse; raises `BadRowsError` before anything is written.

        Where nothing is new, changed or gone, the load is closed here and now.
        """
        with self.stores.warehouse.session() as session:
            changes = {feed.name: staging.find_changes(session, self.model, feed) for feed in self.model.feeds}
            for feed in self.model.feeds:
                check_rows(session, self.model, feed)
                staging.register(session, feed, load.load_id, changes[feed.name])
            if not any(changes.values()):
                loads.mark_closed(session, load, {}, {})
        return changes

    def load_stages(self, load: Load) -> Iterator[Stage]:
        """Hubs at once, then links and satellites at once."""
        yield [self._insert(f"l_update_h_{hub.name}", load, [hub]) for hub in self.model.hubs]
        links = [part for link in self.model.links for part in (link, link.effectivity)]
        yield [
            self._insert("l_update_links", load, links),
            *(self._insert(f"l_update_s_{satellite.name}", load, [satellite]) for satellite in self.model.satellites),
        ]

    def _insert(self, name: str, load: Load, entities: Sequence[Entity]) -> Step:
        def work() -> dict[str, int]:
            with self.stores.warehouse.session() as session:
                loads.check_open(session, load)
                return {it.table: vault.insert(session, self.model, it, load, full=self.full) for it in entities}

        return Step(name, work)

    def close(self, load: Load, counts: Mapping[str, int], seconds: Mapping[str, float]) -> None:
        """Make the load visible, all of it at once. A load that is closed already stays so."""
        with self.stores.warehouse.session() as session:
            if loads.is_closed(session, load):
                return
            for feed in self.model.feeds:
                staging.keep_changes(session, feed, load)
                staging.clear(session, feed)
            loads.mark_closed(session, load, counts, seconds)

    def roll_back(self, load: Load, error: str) -> None:
        """Remove a load that failed."""
        with self.stores.warehouse.session() as session:
            loads.roll_back(session, self.model, load, error)

    def _method(self) -> Method:
        with self.stores.source.session(snapshot=True) as source, self.stores.warehouse.session() as warehouse:
            return agreed_method(source, warehouse)
