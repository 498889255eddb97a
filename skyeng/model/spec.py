"""The specification of a subject area as frozen values: feeds, vault and marts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from skyeng.model.entities import (
    Attribute,
    Effectivity,
    Entity,
    Frozen,
    Hub,
    Link,
    Name,
    Named,
    Satellite,
    Type,
    by_name,
)

#: The staging column of the applied date, from which a row's values hold. A feed may have another name for it.
APPLIED_TS = "applied_ts"


class Feed(Frozen):
    """One query on the source that delivers denormalised rows."""

    name: Name
    #: File with the query, relative to the model file.
    query: str
    #: `compare`: the query delivers the whole feed; a row that it no longer delivers is deleted.
    #: `delta`: it delivers new and changed rows; a row that it does not deliver stays as it is.
    load: Literal["compare", "delta"] = "compare"
    #: Column (timestamptz) with the applied date, from which a row's values hold. Several rows of one key
    #: may then come at once, late, and in any order. Only with `delta`.
    applied: Name | None = None
    #: The link whose hash key is the row key.
    grain: Name
    #: Whether a compared feed may deliver no row at all after it delivered some. Otherwise that is refused.
    may_be_empty: bool = False
    description: str = ""

    @property
    def delta(self) -> bool:
        return self.load == "delta"

    @property
    def times(self) -> tuple[str, ...]:
        """The staging column of the applied date, if the feed has one."""
        return (APPLIED_TS,) if self.applied else ()

    @property
    def active_rows_table(self) -> str:
        """In `control`: row key, row hash and segment key of each row that the last closed load left active."""
        return f"{self.name}_rows"

    @property
    def segments_table(self) -> str:
        """In `control`: checksums of the active rows, by segment."""
        return f"{self.name}_buckets"

    @property
    def changes_table(self) -> str:
        """In `control`: the rows that each load touched. A hash of NULL means that the row was deleted."""
        return f"{self.name}_changes"

    @property
    def deleted_table(self) -> str:
        """In `stage`: keys of the rows that were deleted from the source."""
        return f"{self.name}_gone"

    @property
    def distinct_table(self) -> str:
        """In `stage`: the distinct rows of the hubs that many staged rows share."""
        return f"{self.name}_shared"

    @property
    def as_of_function(self) -> str:
        return f"{self.name}_as_of"


class MartColumn(Frozen):
    """One column of a datamart table: a column of the feed under the analysts' name."""

    name: Name
    column: Name
    #: Whether it has few distinct values, so that a dictionary is worth its cost.
    low_cardinality: bool = False
    description: str = ""


class Mart(Entity):
    """A denormalised table for analysts, with one row for each relationship of the feed's grain."""

    prefix = "dm"

    feed: Name
    #: Columns that analysts filter by first. The table is sorted by them.
    order_by: tuple[Name, ...] = ()
    columns: Annotated[tuple[MartColumn, ...], BeforeValidator(by_name("column"))] = Field(min_length=1)

    @property
    def key(self) -> str:
        return self.column("uuid")

    @property
    def load_end_ts(self) -> str:
        """Column of the load that replaced a row version or deleted its row."""
        return self.column("load_end_ts")


class FeedColumn(Frozen):
    """One column of a feed's rows, and the hub or satellite that owns it."""

    name: str
    type: Type
    owner: Hub | Satellite
    #: Name of the attribute in its owner.
    part: str

    @property
    def vault_column(self) -> str:
        return self.owner.column(self.part)


class Model(Frozen):
    """One complete subject area."""

    name: Name = Field(alias="model")
    description: str = ""
    #: Connection of the datasource; it is also the record source.
    source: Name
    feeds: Named[Feed] = Field(min_length=1)
    hubs: Named[Hub] = Field(min_length=2)
    satellites: Named[Satellite] = ()
    links: Named[Link] = Field(min_length=1)
    marts: Named[Mart] = ()
    #: The model's folder.
    directory: Path = Path()

    def hub(self, name: str) -> Hub:
        return next(hub for hub in self.hubs if hub.name == name)

    def feed(self, name: str) -> Feed:
        return next(feed for feed in self.feeds if feed.name == name)

    def grain(self, feed: Feed) -> Link:
        return next(link for link in self.links if link.name == feed.grain)

    def link_of(self, effectivity: Effectivity) -> Link:
        return next(link for link in self.links if link.effectivity == effectivity)

    def feed_of(self, part: Link | Satellite) -> Feed:
        """The feed that delivers a link or a satellite."""
        if isinstance(part, Link):
            return next(feed for feed in self.feeds if feed.grain == part.name)
        return self.feed(part.feed) if part.feed else self.feeds[0]

    def applied(self, part: Satellite | Effectivity) -> bool:
        """Whether versions have an applied date."""
        return self.feed_of(self.link_of(part) if isinstance(part, Effectivity) else part).applied is not None

    def version(self, part: Satellite | Effectivity) -> tuple[str, ...]:
        """The columns that order the versions of one parent."""
        return (part.applied_ts, part.load_ts) if self.applied(part) else (part.load_ts,)

    def hubs_of(self, link: Link) -> tuple[Hub, ...]:
        return tuple(self.hub(name) for name in link.hubs)

    def satellites_of(self, feed: Feed) -> tuple[Satellite, ...]:
        # Compare names: with many feeds, comparing each feed with each costs seconds.
        first = self.feeds[0].name
        return tuple(satellite for satellite in self.satellites if (satellite.feed or first) == feed.name)

    def business_key(self, hub: Hub) -> tuple[FeedColumn, ...]:
        return _feed_columns(hub, hub.name, hub.business_key)

    def attributes(self, satellite: Satellite) -> tuple[FeedColumn, ...]:
        return _feed_columns(satellite, satellite.hub_name, satellite.attributes)

    def row_key(self, feed: Feed) -> tuple[FeedColumn, ...]:
        """The business keys of the grain, in the order in which the row key is computed from them."""
        return tuple(column for hub in self.hubs_of(self.grain(feed)) for column in self.business_key(hub))

    def keyed_hubs(self, feed: Feed) -> tuple[Hub, ...]:
        """Hubs of the driving key, of which nearly every row has a key of its own. Staged rows have their hash keys."""
        return tuple(self.hub(name) for name in self.grain(feed).driving_key)

    def feed_columns(self, feed: Feed) -> tuple[FeedColumn, ...]:
        """All columns of the feed's rows: hub by hub, its business key, then its attributes."""

        def columns() -> Iterator[FeedColumn]:
            for hub in self.hubs_of(self.grain(feed)):
                yield from self.business_key(hub)
                for satellite in self.satellites_of(feed):
                    if satellite.hub_name == hub.name:
                        yield from self.attributes(satellite)

        return tuple(columns())


def _feed_columns(owner: Hub | Satellite, entity: str, parts: tuple[Attribute, ...]) -> tuple[FeedColumn, ...]:
    return tuple(
        FeedColumn(name=part.feed_column(entity), type=part.type, owner=owner, part=part.name) for part in parts
    )
