"""Each supported version of PostgreSQL, as source and as warehouse: a small set of what must work on all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import Servers, World
from samples import LONG
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model
from skyeng.vault import migrations
from skyeng.vault.revisions import control_history, model_history
from test_own_servers import Cluster, binaries_of, make_school, make_world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
VERSIONS = (15, 16, 17, 18)
#: The oldest; 16 is that of `test_own_servers.py`, 18 of all other tests.
TRIED = VERSIONS if LONG else VERSIONS[:1]

CHANGES = (
    "UPDATE course SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 7",
    "UPDATE stream_module_lesson SET stream_module_id = 1 WHERE id = 9; INSERT INTO course (title) VALUES ('New')",
)


@pytest.fixture(scope="module", params=TRIED)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not (binaries_of(request.param) / "postgres").exists():
        pytest.skip(f"no PostgreSQL {request.param} on this machine")
    made = Cluster(tmp_path_factory.mktemp("version"), request.param)
    made.create()
    made.start()
    try:
        assert int(made.scalar("SHOW server_version_num")) // 10000 == request.param
        made.execute("CREATE ROLE reader LOGIN PASSWORD 'p@ss/w:rd%'")
        yield made
    finally:
        made.stop()


def works(world: World) -> None:
    """First load, changes, a load that compares everything, states of the past; all sides equal after each."""
    assert world.run().changes["courses"].new == 36
    for change in CHANGES:
        world.change(change)
        assert world.run().anything_new
        assert world.differences() == []
    assert not world.run(full=True).anything_new
    loads = [ts for (ts,) in world.vault("SELECT load_ts::text FROM control.loads WHERE status = 'closed' ORDER BY 1")]
    shown = [world.vault(f"SELECT count(*) FROM vault.courses_as_of('{ts}')")[0][0] for ts in loads[:3]]
    assert shown == [36, 35, 36]
    assert world.vault("SELECT count(*) FROM control.loads WHERE status = 'open'") == [(0,)]


def test_as_a_source(servers: Servers, courses: Model, cluster: Cluster) -> None:
    name = f"school_{cluster.version}"
    make_school(cluster, courses, name)
    works(make_world(servers, courses, cluster.url(name)))


def test_as_a_warehouse(servers: Servers, school: World, courses: Model, cluster: Cluster) -> None:
    cluster.execute("CREATE DATABASE warehouse")
    warehouse = Postgres("pg_datawarehouse", cluster.url("warehouse"))
    stores = Stores(school.stores.source, warehouse, servers.datamart())
    migrations.migrate(warehouse, courses)
    mart_migrations.migrate(stores.datamart, courses)
    assert migrations.differences(warehouse, courses) == []
    for history in (control_history(), model_history(courses)):
        assert migrations.revise(warehouse, history, "nothing") is None
    works(replace(school, stores=stores))


def test_the_documents_promise_what_is_tested() -> None:
    promised = f"PostgreSQL {VERSIONS[0]} or later"
    assert promised in (ROOT / "README.md").read_text()
    assert promised in (ROOT / "docs" / "deploy.md").read_text()
    for version in VERSIONS:
        assert f"| {version} |" in (ROOT / "docs" / "deploy.md").read_text()
