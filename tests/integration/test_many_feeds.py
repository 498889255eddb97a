"""A model of many feeds and marts, as that of a whole application: no command takes much longer for each of them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import Servers
from declared import declared
from samples import LONG
from skyeng.cli.main import cli
from skyeng.db.postgres import Postgres
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

#: Usually a few; with `SKYENG_LONG=1` as many as a whole application has, and each command within twenty seconds.
FEEDS, LONGEST = (68, 20.0) if LONG else (8, 60.0)


def test_a_model_of_many_feeds(servers: Servers, tmp_path: Path) -> None:
    """Each command is one process of a user's, with a datamart that only one process at a time may open."""
    numbers = range(FEEDS)
    model = declared(
        tmp_path / "many",
        {
            "model": "many",
            "source": "pg_datasource",
            "feeds": {f"feed_{it}": {"query": f"{it}.sql", "grain": f"thing_{it}_group"} for it in numbers},
            "hubs": {
                "group": {"plural": "groups", "business_key": {"id": "integer"}},
                **{f"thing_{it}": {"plural": f"things_{it}", "business_key": {"id": "integer"}} for it in numbers},
            },
            "links": {
                f"thing_{it}_group": {"plural": f"things_{it}_groups", "hubs": [f"thing_{it}", "group"]}
                for it in numbers
            },
            "satellites": {
                f"thing_{it}": {"plural": f"things_{it}", "feed": f"feed_{it}", "attributes": {"name": "text"}}
                for it in numbers
            },
            "marts": {
                f"thing_{it}": {
                    "plural": f"things_{it}",
                    "feed": f"feed_{it}",
                    "columns": {"thing": f"thing_{it}_id", "name": f"thing_{it}_name", "group": "group_id"},
                }
                for it in numbers
            },
        },
        {
            f"{it}.sql": f"SELECT id AS thing_{it}_id, id % 3 AS group_id, name AS thing_{it}_name FROM t"
            for it in numbers
        },
    )
    urls = {
        "PG_DATASOURCE_URL": servers.database("many_source"),
        "PG_DATAWAREHOUSE_URL": servers.database("many_warehouse"),
        "CH_DATAMART_URL": servers.datamart().url,
        "SKYENG_HOME": str(tmp_path / "home"),
    }
    with Postgres("pg_datasource", urls["PG_DATASOURCE_URL"]).session() as session:
        session.execute(SQL("CREATE TABLE t AS SELECT i AS id, 'n' || i AS name FROM generate_series(1, 100) AS i"))
    took: dict[str, float] = {}
    folder = str(model.directory)
    for name, arguments in {
        "lint": ("model", "lint", folder, "--source"),
        "revise": ("model", "revise", folder, "-m", "first"),
        "migrate": ("migrate", folder),
        "first run": ("run", folder),
        "nothing new": ("run", folder),
        "verify": ("verify", folder),
        "status": ("status", folder),
    }.items():
        begun = time.perf_counter()
        done = CliRunner().invoke(cli, arguments, env=urls)
        took[name] = time.perf_counter() - begun
        assert done.exit_code == 0, f"{name}: {done.output} {done.exception!r}"
    print({name: round(seconds, 1) for name, seconds in took.items()})
    assert max(took.values()) < LONGEST, took
