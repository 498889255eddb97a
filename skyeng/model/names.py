"""Every name that is derived from a model, with its namespace.

These are tables, columns, indexes, constraints, views and functions of PostgreSQL; names of columns that our statements
add; tables and columns of ClickHouse; and identifiers of Airflow. `skyeng.model.rules` refuses a model in which two
names collide or one is too long. A test compares this list with what `migrate` creates, so that no new table can be
missing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from skyeng.model.entities import Attribute, Effectivity, Hub, Link, Satellite
from skyeng.model.spec import APPLIED_TS, Feed, FeedColumn, Mart, Model

#: Keys that lead to a part of the model file.
Place = tuple[str, ...]

#: Most bytes of an identifier in PostgreSQL, which silently truncates longer ones.
LONGEST_IDENTIFIER = 63

#: Most bytes of a table's name in ClickHouse, if the database's name has 63: one file name of 255 contains both.
LONGEST_MART_TABLE = 150

#: Most characters of the id of a DAG or a task in Airflow, and of a DAG's tag.
LONGEST_AIRFLOW_ID, LONGEST_AIRFLOW_TAG = 250, 100

SCHEMAS = ("control", "stage", "vault")


@dataclass(frozen=True)
class Namespace:
    """A space in which names must be unique. `longest` is in bytes; None: no limit."""

    name: str
    longest: int | None = LONGEST_IDENTIFIER


@dataclass(frozen=True)
class DerivedName:
    """A name that is derived from a part of the model. A name without a place is the engine's own."""

    place: Place
    namespace: Namespace
    #: The kind of object: a table, a column and so on.
    kind: str
    name: str


SCHEMA = {name: Namespace(f"schema {name}") for name in SCHEMAS}
DATAMART = Namespace("the datamart", LONGEST_MART_TABLE)
AIRFLOW_DAGS = Namespace("Airflow's DAGs", LONGEST_AIRFLOW_ID)

#: The engine's own relations by schema: tables, their indexes, and the sequence of load numbers.
_ENGINE_TABLES = {
    "control": ("loads", "load_feeds", "load_steps", "models", "model_tables", "cuts", "migrations_control"),
    "stage": ("selections",),
}
_ENGINE_INDEXES = {
    "control": (
        *(f"pk_{table}" for table in ("loads", "load_feeds", "load_steps", "models", "model_tables", "cuts")),
        *("uq_loads", "ix_loads_one_open", "migrations_control_pkc"),
    ),
    "stage": ("pk_selections",),
}

#: Columns that PostgreSQL has in every table. No query can give them other names.
SYSTEM_COLUMNS = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")

#: Columns that our statements add to those of a feed.
_OF_STATEMENTS = (
    "row_key",
    "row_hash",
    "row_place",
    "row_at",
    "row_end_ts",
    "row_deleted",
    "hash_key",
    "hashdiff",
    "load_ts",
    APPLIED_TS,
)

#: Argument of the function that returns a feed's rows as of any time. Its result has the feed's columns.
_ARGUMENT = "as_of"


def columns_of(table: str) -> Namespace:
    """The namespace of a table's columns in PostgreSQL. `table` includes the schema."""
    return Namespace(f"the columns of {table}")


def mart_columns_of(table: str) -> Namespace:
    """The namespace of a table's columns in ClickHouse, which does not limit the length of column names."""
    return Namespace(f"the columns of {table}", longest=None)


def engine_names() -> Iterator[DerivedName]:
    """The engine's own names, the same for every model."""
    for kind, relations in (("table", _ENGINE_TABLES), ("index", _ENGINE_INDEXES)):
        for schema, names in relations.items():
            yield from (DerivedName((), SCHEMA[schema], kind, name) for name in names)
    yield DerivedName((), SCHEMA["control"], "sequence", "loads_load_id_seq")
    yield DerivedName((), DATAMART, "table", "skyeng_ddl")


def derived_names(model: Model) -> Iterator[DerivedName]:
    """Every name that a model needs, part by part in the order of its file."""
    yield from _of_model(model)
    for hub in model.hubs:
        yield from _hub(hub)
    for satellite in model.satellites:
        yield from _satellite(model, satellite)
    for link in model.links:
        yield from _link(model, link)
    for feed in model.feeds:
        yield from _rows_of_feed(model, feed)
        yield from _feed(model, feed)
    for mart in model.marts:
        yield from _mart(model, mart)


def _of_model(model: Model) -> Iterator[DerivedName]:
    place = ("model",)
    yield DerivedName(place, SCHEMA["control"], "table", f"migrations_{model.name}")
    yield DerivedName(place, SCHEMA["control"], "index", f"migrations_{model.name}_pkc")
    for pipeline in ("to_datawarehouse", "to_datamart"):
        yield DerivedName(place, AIRFLOW_DAGS, "DAG", f"{pipeline}_{model.name}")
    yield DerivedName(place, Namespace("Airflow's tags", LONGEST_AIRFLOW_TAG), "tag", model.name)


# The warehouse


def _relation(
    place: Place,
    schema: str,
    table: str,
    columns: Iterable[tuple[Place, str]],
    *,
    key: bool = True,
    indexed: Iterable[str] = (),
) -> Iterator[DerivedName]:
    """A table with its columns, its primary key if it has one, and the indexes of single columns."""
    yield DerivedName(place, SCHEMA[schema], "table", table)
    if key:
        yield DerivedName(place, SCHEMA[schema], "index", f"pk_{table}")
    for column in indexed:
        yield DerivedName(place, SCHEMA[schema], "index", f"ix_{table}_{column}")
    yield from _columns(columns_of(f"{schema}.{table}"), columns)


def _hub(hub: Hub) -> Iterator[DerivedName]:
    place = ("hubs", hub.name)
    own = _all_at(place, (hub.key, hub.load_ts, hub.record_source))
    parts = _attributes((*place, "business_key"), hub, hub.business_key)
    yield from _relation(place, "vault", hub.table, (*own, *parts), indexed=("load_ts",))
    yield from _task(place, f"l_update_h_{hub.name}")


def _satellite(model: Model, satellite: Satellite) -> Iterator[DerivedName]:
    place = ("satellites", satellite.name)
    key = model.hub(satellite.hub_name).key
    own = _all_at(place, (key, *model.version(satellite), satellite.record_source, satellite.hashdiff))
    attributes = _attributes((*place, "attributes"), satellite, satellite.attributes)
    yield from _relation(place, "vault", satellite.table, (*own, *attributes), indexed=("load_ts",))
    yield from _history(model, place, satellite, key, *(satellite.column(it.name) for it in satellite.attributes))
    yield from _task(place, f"l_update_s_{satellite.name}")


def _link(model: Model, link: Link) -> Iterator[DerivedName]:
    place = ("links", link.name)
    keys = (hub.key for hub in model.hubs_of(link))
    columns = _all_at(place, (link.key, link.load_ts, link.record_source, *keys))
    yield from _relation(place, "vault", link.table, columns, indexed=("load_ts",))
    effectivity = link.effectivity
    own = (link.key, *model.version(effectivity), effectivity.record_source, effectivity.is_active)
    yield from _relation(place, "vault", effectivity.table, _all_at(place, own), indexed=("load_ts",))
    yield from _history(model, place, effectivity, link.key, effectivity.is_active)


def _history(
    model: Model, place: Place, part: Satellite | Effectivity, key: str, *values: str
) -> Iterator[DerivedName]:
    """The view that orders versions by their applied date, if the feed has one."""
    if model.applied(part):
        yield DerivedName(place, SCHEMA["vault"], "view", part.history_view)
        columns = _all_at(place, (key, part.column("from_ts"), part.column("to_ts"), *values))
        yield from _columns(columns_of(f"vault.{part.history_view}"), columns)


def _feed(model: Model, feed: Feed) -> Iterator[DerivedName]:
    place = ("feeds", feed.name)
    delivered = [(place_of(column), column.name) for column in model.feed_columns(feed)]
    yield DerivedName(place, SCHEMA["vault"], "view", feed.name)
    yield from _columns(columns_of(f"vault.{feed.name}"), delivered)
    yield DerivedName(place, SCHEMA["vault"], "function", feed.as_of_function)
    yield from _columns(columns_of(f"vault.{feed.as_of_function}"), [((), _ARGUMENT), *delivered])
    keys = (hub.key for hub in model.keyed_hubs(feed))
    shared = [*_all_at(place, feed.times), *delivered]
    staged = [*_all_at(place, ("row_key", "row_hash", *keys)), *shared]
    yield from _relation(place, "stage", feed.name, staged, key=False)
    yield from _relation(place, "stage", feed.distinct_table, shared, key=False)
    yield from _relation(place, "stage", feed.deleted_table, _all_at(place, ("row_key",)), key=False)
    rows = _all_at(place, ("row_key", "row_hash", "row_place"))
    yield from _relation(place, "control", feed.active_rows_table, rows, indexed=("row_place",))
    sums = _all_at(place, ("bucket", "row_count", "hash_sum", "weighted_sum"))
    yield from _relation(place, "control", feed.segments_table, sums)
    changes = _all_at(place, ("load_ts", "row_key", "row_hash"))
    yield from _relation(place, "control", feed.changes_table, changes, key=False, indexed=("load_ts",))


def _rows_of_feed(model: Model, feed: Feed) -> Iterator[DerivedName]:
    """Names that occur together in statements about a feed's rows."""
    comparisons = ("source", *range(len(model.marts)))
    digests = (f"{it.name}_digest_{comparison}" for it in model.satellites_of(feed) for comparison in comparisons)
    keys = (hub.key for hub in model.keyed_hubs(feed))
    ours = _all_at((), (*SYSTEM_COLUMNS, *_OF_STATEMENTS, *keys, *digests))
    delivered = ((place_of(column), column.name) for column in model.feed_columns(feed))
    yield from _columns(Namespace(f"the rows of feed {feed.name}"), (*ours, *delivered))
    aliases = Namespace(f"the aliases of feed {feed.name}")
    for hub in model.hubs_of(model.grain(feed)):
        yield DerivedName(("hubs", hub.name), aliases, "alias", f"of_{hub.name}")


# The datamart


def _mart(model: Model, mart: Mart) -> Iterator[DerivedName]:
    place = ("marts", mart.name)
    columns = [((*place, "columns", column.name), column.name) for column in mart.columns]
    shown = [*_all_at((), (mart.key, mart.load_ts)), *columns]
    stored = [*_all_at((), (mart.key, mart.load_ts, mart.load_end_ts, "is_past", "row_hash")), *columns]
    relations = {
        f"{mart.table}_history": ("table", stored),
        **dict.fromkeys((mart.table, f"{mart.table}_as_of"), ("view", shown)),
    }
    for name, (kind, of_relation) in relations.items():
        yield DerivedName(place, DATAMART, kind, name)
        yield from _columns(mart_columns_of(name), of_relation)
    beside = (f"{mart.table}_{it}_{kind}" for it in ("history", "loads") for kind in ("shadow", "bridge"))
    registers = (f"{mart.table}_loads", f"{mart.table}_history_retained")
    yield from (DerivedName(place, DATAMART, "table", name) for name in (*registers, *beside))
    index, feed = model.marts.index(mart), model.feed(mart.feed)
    ours = (
        "row_key",
        "row_hash",
        "row_deleted",
        "row_end_ts",
        *(f"{it.name}_digest_{index}" for it in model.satellites_of(feed)),
    )
    yield from _columns(Namespace(f"the rows of {mart.table}", longest=None), (*_all_at((), ours), *columns))
    for task in ("e_from_ch_datamart", "e_from_pg_datawarehouse", "t_find_new_rows", "l_update_datamart"):
        yield from _task(place, f"{mart.table}.{task}")


# Parts of the above


def _task(place: Place, task: str) -> Iterator[DerivedName]:
    """A step of a run, which is a task in Airflow."""
    yield DerivedName(place, Namespace("Airflow's tasks", LONGEST_AIRFLOW_ID), "task", task)


def _all_at(place: Place, names: Iterable[str]) -> list[tuple[Place, str]]:
    return [(place, name) for name in names]


def _columns(namespace: Namespace, names: Iterable[tuple[Place, str]]) -> Iterator[DerivedName]:
    return (DerivedName(place, namespace, "column", name) for place, name in names)


def _attributes(place: Place, entity: Hub | Satellite, attributes: Iterable[Attribute]) -> list[tuple[Place, str]]:
    return [((*place, attribute.name), entity.column(attribute.name)) for attribute in attributes]


def place_of(column: FeedColumn) -> Place:
    """The place in the model file that declares what a feed's column delivers."""
    if isinstance(column.owner, Hub):
        return ("hubs", column.owner.name, "business_key", column.part)
    return ("satellites", column.owner.name, "attributes", column.part)
