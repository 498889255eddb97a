"""The specification of a subject area as frozen values.

Names of tables and columns are derived from an entity's singular (`name`) and `plural`:
hub `course` is the table `h_courses` with the columns `h_course_hk`, `h_course_id`, ... so that
`JOIN ... USING` works everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from skyeng.model.types import LogicalType, parse_type

#: Names become identifiers in two databases: plain, lower case.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Type = Annotated[LogicalType, BeforeValidator(parse_type)]
T = TypeVar("T")


#: In staging: the time from which a row's values hold, whatever the feed calls it.
APPLIED_TS = "applied_ts"


def _by_name(shorthand: str) -> Callable[[Any], Any]:
    """Turn a mapping of name to body into a sequence of bodies that know their name.

    A body that is no mapping is short for one with the key `shorthand`: `title: text` for
    `title: {type: text}`.
    """

    def convert(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return tuple(
            {**body, "name": name} if isinstance(body, dict) else {"name": name, shorthand: body}
            for name, body in value.items()
        )

    return convert


Named = Annotated[tuple[T, ...], BeforeValidator(_by_name("type"))]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)


class Attribute(Frozen):
    """One descriptive value, or one part of a business key."""

    name: Name
    type: Type
    #: Column of the feed that delivers it; by default `<entity>_<name>`.
    column: Name | None = None
    description: str = ""

    def feed_column(self, entity: str) -> str:
        return self.column or f"{entity}_{self.name}"


class Entity(Frozen):
    """Anything that becomes a table; its columns carry the table's prefix and its name."""

    prefix: ClassVar[str]

    name: Name
    plural: Name
    description: str = ""

    @property
    def table(self) -> str:
        return f"{self.prefix}_{self.plural}"

    def column(self, name: str) -> str:
        return f"{self.prefix}_{self.name}_{name}"

    @property
    def load_ts(self) -> str:
        return self.column("load_ts")

    @property
    def applied_ts(self) -> str:
        """In versions whose feed says from when they hold: that time."""
        return self.column("applied_ts")

    @property
    def history_view(self) -> str:
        """Where versions carry such a time: the view that puts them in its order."""
        return f"{self.table}_history"

    @property
    def record_source(self) -> str:
        return self.column("record_source")


class Hub(Entity):
    """The business keys of one concept, nothing else."""

    prefix = "h"

    business_key: Named[Attribute] = Field(min_length=1)

    @property
    def key(self) -> str:
        return self.column("hk")


class Satellite(Entity):
    """Descriptive attributes of a hub, with their history."""

    prefix = "s"

    #: Hub described; by default the hub of the satellite's own name.
    parent: Name | None = None
    #: Feed that delivers the attributes; may be left out where the model has one feed.
    feed: Name | None = None
    attributes: Named[Attribute] = Field(min_length=1)

    @property
    def hub_name(self) -> str:
        return self.parent or self.name

    @property
    def hashdiff(self) -> str:
        return self.column("hashdiff")


class Effectivity(Entity):
    """From which load on a link's combination is active, or not."""

    prefix = "s"

    @property
    def is_active(self) -> str:
        return self.column("is_active")


class Link(Entity):
    """A combination of hubs. It is the grain of the feed that delivers it."""

    prefix = "l"

    hubs: tuple[Name, ...] = Field(min_length=2)
    #: Hubs of which each stands in one active combination at a time: a row that shows another
    #: combination ends the one before, also where a load carries only part of the data.
    driving_key: tuple[Name, ...] = ()

    @property
    def key(self) -> str:
        return self.column("hk")

    @property
    def effectivity(self) -> Effectivity:
        return Effectivity(name=f"{self.name}_effectivity", plural=f"{self.plural}_effectivity")


class Feed(Frozen):
    """One query on the source that delivers denormalised rows."""

    name: Name
    #: File with the query, relative to the model file.
    query: str
    #: `compare`: the query gives the whole feed; a row that it no longer gives is gone.
    #: `delta`: it gives new and changed rows; a row that it does not give stays as it is.
    load: Literal["compare", "delta"] = "compare"
    #: Column (timestamptz) with the time from which a row's values hold. Rows of one key may then
    #: come several at once, late, and in any order. Only with `delta`.
    applied: Name | None = None
    #: The link whose hash key is the row key.
    grain: Name
    description: str = ""

    @property
    def delta(self) -> bool:
        return self.load == "delta"

    @property
    def rows_table(self) -> str:
        """In `control`: key and hash of each row that the last closed load left active."""
        return f"{self.name}_rows"

    @property
    def changes_table(self) -> str:
        """In `control`: the rows that each load touched; a hash of NULL means the row went."""
        return f"{self.name}_changes"

    @property
    def gone_table(self) -> str:
        """In `stage`: keys of the rows that vanished from the source."""
        return f"{self.name}_gone"

    @property
    def as_of_function(self) -> str:
        return f"{self.name}_as_of"


class MartColumn(Frozen):
    """One column of a datamart table: a column of the feed under the analysts' name."""

    name: Name
    column: Name
    #: Worth a dictionary: few distinct values.
    low_cardinality: bool = False
    description: str = ""


class Mart(Entity):
    """A denormalised table for analysts, one row per combination of the feed's grain."""

    prefix = "dm"

    feed: Name
    #: Columns analysts filter by first; the table is sorted by them.
    order_by: tuple[Name, ...] = ()
    columns: Annotated[tuple[MartColumn, ...], BeforeValidator(_by_name("column"))] = Field(min_length=1)

    @property
    def key(self) -> str:
        return self.column("uuid")


class FeedColumn(Frozen):
    """One column of a feed's rows, and whose it is."""

    name: str
    type: Type
    owner: Hub | Satellite
    #: Name of the attribute in its owner.
    part: str

    @property
    def vault_column(self) -> str:
        return self.owner.column(self.part)


class Model(Frozen):
    """One subject area, whole."""

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
        """Whether versions carry the time from which they hold."""
        return self.feed_of(self.link_of(part) if isinstance(part, Effectivity) else part).applied is not None

    def version(self, part: Satellite | Effectivity) -> tuple[str, ...]:
        """The columns that put the versions of one parent in order."""
        return (part.applied_ts, part.load_ts) if self.applied(part) else (part.load_ts,)

    def hubs_of(self, link: Link) -> tuple[Hub, ...]:
        return tuple(self.hub(name) for name in link.hubs)

    def satellites_of(self, feed: Feed) -> tuple[Satellite, ...]:
        return tuple(satellite for satellite in self.satellites if self.feed_of(satellite) == feed)

    def business_key(self, hub: Hub) -> tuple[FeedColumn, ...]:
        return _feed_columns(hub, hub.name, hub.business_key)

    def attributes(self, satellite: Satellite) -> tuple[FeedColumn, ...]:
        return _feed_columns(satellite, satellite.hub_name, satellite.attributes)

    def row_key(self, feed: Feed) -> tuple[FeedColumn, ...]:
        """The business keys of the grain, in the order that the row key is computed from."""
        return tuple(column for hub in self.hubs_of(self.grain(feed)) for column in self.business_key(hub))

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
