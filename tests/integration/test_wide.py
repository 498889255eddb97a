"""Models as wide as PostgreSQL lets a table be: many attributes in one satellite, many satellites with many."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conftest import Servers, World
from declared import declared, migrated
from samples import LONG
from skyeng.vault import entity_history

pytestmark = pytest.mark.slow


def wide(servers: Servers, folder: Path, *sizes: int) -> World:
    """Things of a group, with so many attributes in each satellite."""
    names = [[f"p{part}_a{number}" for number in range(size)] for part, size in enumerate(sizes)]
    columns = [name for part in names for name in part]
    model = declared(
        folder / "wide",
        {
            "model": "wide",
            "source": "pg_datasource",
            "feeds": {"things": {"query": "q.sql", "grain": "thing_group"}},
            "hubs": {
                "thing": {"plural": "things", "business_key": {"id": "integer"}},
                "group": {"plural": "groups", "business_key": {"id": "integer"}},
            },
            "links": {"thing_group": {"plural": "things_groups", "hubs": ["thing", "group"], "driving_key": ["thing"]}},
            "satellites": {
                f"part_{part}": {
                    "plural": f"parts_{part}",
                    "parent": "thing",
                    "attributes": {name: {"type": "text", "column": name} for name in of_part},
                }
                for part, of_part in enumerate(names)
            },
            "marts": {
                "thing": {
                    "plural": "things",
                    "feed": "things",
                    "columns": {"thing": "thing_id", **{name: name for name in columns}},
                }
            },
        },
        {"q.sql": "SELECT * FROM thing"},
    )
    listed = ", ".join(f"{name} text" for name in columns)
    values = ", ".join(f"'{number % 10}' || i" for number, _ in enumerate(columns))
    return migrated(
        servers,
        model,
        f"CREATE TABLE thing (thing_id integer, group_id integer, {listed});"
        f"INSERT INTO thing SELECT i, i % 3, {values} FROM generate_series(1, 12) AS i",
    )


@pytest.mark.parametrize(
    ("sizes", "text"),
    [((120,), False), ((60, 60), True), *([((120,), True), ((60, 60), False), ((1500,), True)] if LONG else [])],
)
def test_many_attributes(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], text: bool
) -> None:
    """By both ways to hash a row; each column is seen to change, and an entity's life can be told."""
    world = wide(servers, tmp_path, *sizes)
    if text:
        for module in "runs.to_datawarehouse", "proof.verification":
            monkeypatch.setattr(sys.modules[f"skyeng.{module}"], "agreed_method", lambda *_: "text")
    assert world.run().changes["things"].new == 12
    last = f"p{len(sizes) - 1}_a{sizes[-1] - 1}"
    world.change(
        f"UPDATE thing SET {last} = 'changed' WHERE thing_id = 3; UPDATE thing SET p0_a0 = NULL WHERE thing_id = 4"
    )
    assert world.run().changes["things"].changed == 2
    assert not world.run(full=True).anything_new
    assert world.differences() == []
    ((before,),) = world.vault("SELECT min(load_ts) FROM control.loads")
    assert world.vault(f"SELECT {last} FROM vault.things_as_of('{before}') WHERE thing_id = 3") == [
        (f"{(sum(sizes) - 1) % 10}3",)
    ]
    with world.stores.warehouse.session(snapshot=True) as session:
        events = entity_history.entity_history(
            session, world.model, entity_history.find_hub(world.model, "thing"), ["3"]
        )
    assert len(list(events)) > 2
    assert world.mart(f"SELECT {last} FROM dm_things WHERE thing = 3") == [("changed",)]
