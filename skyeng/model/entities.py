"""The entities that become tables of the vault: hubs, links and satellites as frozen values.

Names of tables and columns are derived from an entity's singular (`name`) and `plural`.
Hub `order` is the table `h_orders` with the columns `h_order_hk`, `h_order_id` and so on.
So `JOIN ... USING` works everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from skyeng.model.types import LogicalType, parse_type

#: Names are plain and in lower case, because they become identifiers in two databases.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Type = Annotated[LogicalType, BeforeValidator(parse_type)]
T = TypeVar("T")


def by_name(shorthand: str) -> Callable[[Any], Any]:
    """Turn a mapping of name to body into a sequence of bodies that contain their name.

    A body that is not a mapping is short for one with the key `shorthand`: `title: text` for
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


Named = Annotated[tuple[T, ...], BeforeValidator(by_name("type"))]


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
    """Anything that becomes a table. The names of its columns start with its prefix and name."""

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
        """Column of the applied date, in versions whose feed has one."""
        return self.column("applied_ts")

    @property
    def history_view(self) -> str:
        """The view that orders versions by their applied date, if they have one."""
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

    #: The hub that it describes; by default the hub with the satellite's name.
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
    """The status tracking satellite of a link: from which load on a relationship is active or not."""

    prefix = "s"

    @property
    def is_active(self) -> str:
        return self.column("is_active")


class Link(Entity):
    """Relationships between hubs. A link is the grain of the feed that delivers it."""

    prefix = "l"

    hubs: tuple[Name, ...] = Field(min_length=2)
    #: Hubs whose keys, taken together, have one active relationship at a time. A row with another
    #: relationship ends the one before, also if a load delivers only part of the data.
    driving_key: tuple[Name, ...] = ()

    @property
    def key(self) -> str:
        return self.column("hk")

    @property
    def effectivity(self) -> Effectivity:
        return Effectivity(name=f"{self.name}_effectivity", plural=f"{self.plural}_effectivity")
