"""Names that mean something to PostgreSQL, to ClickHouse or to our own statements, as columns of feeds and marts.

Lint refuses such a name, or it works in every statement of every kind of run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from conftest import Servers, World
from declared import declared, migrated, written
from samples import some
from skyeng.errors import BadRowsError, ModelError
from skyeng.model import Model, load_model
from skyeng.runs.dry_run import KINDS
from skyeng.runs.plan import dry_run
from skyeng.sql import KEY_WORDS, ident, idents, joined, literal, sql

#: Columns of one satellite, and parts of one key: a function of PostgreSQL takes 100 arguments.
MOST = 90


def model_of(
    number: str, keys: Sequence[str], attributes: Sequence[str], *, load: str, applied: bool = False, most: int = MOST
) -> dict[str, Any]:
    """A model whose feed delivers columns of these names: `number` is where the source finds a row.

    A thing has many attributes of its own, and belongs to a group that several things share.
    """
    chunks = [attributes[at : at + most] for at in range(0, len(attributes), most)]
    columns = [number, *keys, *attributes]
    shown = {
        "thing": {"plural": "things", "feed": "things", "order_by": [number], "columns": {it: it for it in columns}}
    }
    return {
        "model": "words",
        "source": "pg_datasource",
        "feeds": {
            "things": {"query": "q.sql", "load": load, "grain": "thing_group"}
            | ({"applied": "feeds_own_time"} if applied else {})
        },
        "hubs": {
            "thing": {"plural": "things", "business_key": {"number": {"type": "integer", "column": number}}},
            "group": {
                "plural": "groups",
                "business_key": {f"k{at}": {"type": "text", "column": it} for at, it in enumerate(keys)},
            },
        },
        "satellites": {
            f"part_{at}": {
                "plural": f"parts_{at}",
                # The first words are the group's: what one row says of a group holds for all rows of the group.
                "parent": "thing" if at else "group",
                "attributes": {f"a{place}": {"type": "text", "column": it} for place, it in enumerate(chunk)},
            }
            for at, chunk in enumerate(chunks)
        },
        "links": {"thing_group": {"plural": "things_groups", "hubs": ["thing", "group"], "driving_key": ["thing"]}},
        "marts": shown,
    }


def accepted(folder: Path, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names that lint takes for columns, and those that it refuses: each refused by name, in one go."""
    names = sorted(set(names))
    path = written(folder, model_of("a_number", ["a_code"], names, load="compare"), {"q.sql": "SELECT"})
    message = ""
    try:
        load_model(path)
    except ModelError as exc:
        message = str(exc)
    matches = re.findall(r"name ([a-z0-9_]+) is taken|columns\.([a-z0-9_]+): ClickHouse", message)
    refused = {one or other for one, other in matches}
    assert bool(message) == bool(refused)
    return [name for name in names if name not in refused], sorted(refused)


def names_of_statements(model: Model) -> tuple[set[str], set[str]]:
    """All names in the statements of runs of a model, and those that our statements give to rows and columns."""
    runs: list[dict[str, Any]] = [{"scenario": kind} for kind in KINDS]
    runs += [{"full": True}, {"scenario": "first", "rows": 100_000}]
    if not model.feeds[0].delta:
        runs += [{"where": ["number=1..5"]}]
    texts = [statement.text for run in runs for section in dry_run(model, **run) for statement in section.statements]
    everything = " ".join(re.sub(r"'[^']*'", "''", text) for text in texts)
    words = {word for word in re.findall(r"\b[a-z][a-z0-9_]*\b", everything) if len(word) <= 40}
    aliases = set(re.findall(r"\bAS (?:MATERIALIZED )?\(?([a-z][a-z0-9_]*)\b", everything))
    aliases |= set(re.findall(r"\b([a-z][a-z0-9_]*) AS (?:MATERIALIZED )?\(", everything))
    return words, aliases


def source_of(model: Model) -> str:
    """The table that the feed reads, with three groups of two things, and a text of its own in each column."""
    feed = model.feeds[0]
    number, *texts = [column.name for column in model.feed_columns(feed)]
    of_group = (*model.business_key(model.hub("group")), *model.attributes(model.satellites[0]))
    shared_names, own, shared = {column.name for column in of_group}, sql("g"), sql("g / 2")
    # Short, so that a row of all of them fits a page.
    values = (
        sql(
            "{entity} || left(md5({name}), 2) AS {column}",
            entity=shared if name in shared_names else own,
            name=literal(name),
            column=ident(name),
        )
        for name in texts
    )
    return f"""CREATE TABLE things AS
    SELECT g AS {ident(number)}, {joined(", ", values)}, timestamptz '2026-01-01' AS feeds_own_time
    FROM generate_series(2, 7) AS g"""


def changed(model: Model, condition: str, names: Iterable[str], suffix: str) -> str:
    """A statement that appends to the columns of these names."""
    assignments = ", ".join(f"{ident(name)} = {ident(name)} || '{suffix}'" for name in names)
    return f"""UPDATE things SET {assignments}, feeds_own_time = feeds_own_time + interval '1 day' WHERE {condition}"""


def live_through(world: World) -> None:
    """Changes, a rename, deletes, moves and bad rows; ordinary runs, full ones and parts; verify and as-of."""
    model, feed = world.model, world.model.feeds[0]
    number = ident(model.row_key(feed)[0].name)
    keys = [column.name for column in model.business_key(model.hub("group"))]
    renamed = [column.name for column in model.attributes(model.satellites[0])]
    own = [column.name for satellite in model.satellites[1:] for column in model.attributes(satellite)]
    assert world.run().changes["things"].new == 6
    assert not world.run().anything_new
    past = world.vault("SELECT max(load_ts)::text FROM control.loads")[0][0]
    before = world.vault(f"SELECT * FROM vault.things_as_of('{past}') AS t ORDER BY t::text")
    assert world.source(f"SELECT {idents(c.name for c in model.feed_columns(feed))} FROM things AS t ORDER BY 1") == (
        sorted(before)
    )

    if own:
        world.change(changed(model, f"{number} = 2", own, "!"))
        assert world.run().changes["things"].changed == 1
        if not feed.delta:
            world.change(changed(model, f"{number} = 3", own, "?"))
            assert any("things: warehouse differs" in it for it in world.differences())
            assert world.run(where=[f"{model.row_key(feed)[0].name}=3..3"]).changes["things"].changed == 1
    assert world.differences() == []

    world.change(changed(model, f"{number} IN (4, 5)", renamed, " renamed"))
    assert world.run().changes["things"].changed == 2
    world.change(changed(model, f"{number} = 6", keys, " moved"))
    moved = world.run().changes["things"]
    assert (moved.new, moved.deleted) == (1, 1)
    if not feed.delta:
        world.change(f"DELETE FROM things WHERE {number} = 7")
        assert world.run().changes["things"].deleted == 1
    assert not world.run(full=True).anything_new
    assert world.differences() == []

    world.change(changed(model, f"{number} = 4", [min(renamed, key=len)], " conflicting"))
    if not feed.applied:
        with pytest.raises(BadRowsError) as refused:
            world.run(full=True)
        # The row itself is shown, whatever its columns are called: short names first.
        assert " conflicting" in str(refused.value)
    world.change(f"DELETE FROM things WHERE {number} IN (4, 5)")
    world.run(full=True)
    assert world.differences() == []
    assert world.vault(f"SELECT * FROM vault.things_as_of('{past}') AS t ORDER BY t::text") == before


KINDS_OF_FEED = {
    "compared": {"load": "compare"},
    "delta": {"load": "delta"},
    "applied": {"load": "delta", "applied": True},
}


def plain(folder: Path, kind: str) -> Model:
    """A model of the same shape, without a name that means anything."""
    return declared(
        folder, model_of("number", ["code"], ["a0", "a1"], most=1, **KINDS_OF_FEED[kind]), {"q.sql": "SELECT"}
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", some(list(KINDS_OF_FEED), 1))
def test_names_of_our_statements_work_as_keys(servers: Servers, tmp_path: Path, kind: str) -> None:
    """A name that a statement of ours gives to rows or columns, or the vault to a column, is refused, or works."""
    _, aliases = names_of_statements(plain(tmp_path / "plain", kind))
    of_vault = {"h_group_k1", "h_thing_number", "s_part_0_a0", "s_part_0_load_ts", "l_thing_group_hk"}
    names, refused = accepted(tmp_path / "asked", {*aliases, *of_vault, "place", "active", "delivered", "staged"})
    assert {"row_key", "hashdiff"} <= set(refused)
    assert {*of_vault, "place", "active", "delivered", "staged"} <= set(names)
    number, *others = names
    model = model_of(number, others[2:], others[:2], **KINDS_OF_FEED[kind])
    made = declared(tmp_path / "keys", model, {"q.sql": "SELECT * FROM things"})
    live_through(migrated(servers, made, source_of(made)))


@pytest.mark.slow
def test_words_of_statements_and_key_words_work_as_attributes(servers: Servers, tmp_path: Path) -> None:
    """Every word in the statements of a run, and every key word that PostgreSQL reserves anywhere."""
    words, _ = names_of_statements(plain(tmp_path / "plain", "compared"))
    names, refused = accepted(tmp_path / "asked", {*words, *KEY_WORDS})
    assert "not" in refused
    assert {"position", "time", "values", "timestamp", "row", "select", "collation", "index", "nan"} <= set(names)
    model = model_of("a_number", ["a_code"], some(names, 60), **KINDS_OF_FEED["compared"])
    made = declared(tmp_path / "words", model, {"q.sql": "SELECT * FROM things"})
    live_through(migrated(servers, made, source_of(made)))
