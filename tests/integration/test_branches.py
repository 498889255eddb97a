"""Revisions that several people write: two branches with one number, two commands at once, words of any kind."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Servers, World, begun
from edited_models import Edit, Shop, with_past
from skyeng.control import locks
from skyeng.errors import LoadInProgress, ModelChangeRefused, NotMigrated
from skyeng.model import Model, load_model
from skyeng.sql import SQL
from skyeng.vault import migrations
from skyeng.vault.revisions import MIGRATIONS, History, model_history, newest_signature
from test_model_changes import SHELF, assert_past_is_kept, attribute, orders, stocks

pytestmark = pytest.mark.slow

PHONE = attribute("customer", "phone", "text")
PHONES = orders("NULL::text AS customer_phone")
NO_SHELF = "attribute 'shelf' of satellite 'product_stock' is missing"
MESSAGES = ('a """ b', '"', r"c:\new \x", "ends with \\", "größer\n\tals", "!!!", "", "\udcff", "${x} % ##", "it's")
SHELVES = stocks("pieces AS product_pieces, 'A' || code AS product_shelf")


def branch(servers: Servers, shop: Model, folder: Path, change: Edit, queries: dict[str, str]) -> Shop:
    """A shop with a past, migrated by the revision of a branch of its own."""
    made = with_past(servers, shop, folder)
    made.edit(change, queries=queries)
    made.revise()
    made.migrate()
    return made


@pytest.fixture
def ours(servers: Servers, shop: Model, tmp_path: Path) -> Shop:
    """Our branch, and its warehouse, which was loaded since."""
    made = branch(servers, shop, tmp_path / "ours", SHELF, SHELVES)
    made.run()
    return made


@pytest.fixture
def theirs(servers: Servers, shop: Model, tmp_path: Path) -> Shop:
    """Another branch, with a revision of the same number, and the warehouse of who wrote it."""
    return branch(servers, shop, tmp_path / "theirs", PHONE, PHONES)


def newest(shop: Shop) -> Path:
    return max(model_history(shop.model).folder.glob("*.py"))


def test_another_branch_is_refused_and_takes_nothing_away(ours: Shop, theirs: Shop) -> None:
    """The warehouse of one branch, and the files of the other: their newest revisions have one number."""
    assert newest(ours).name == newest(theirs).name
    before = ours.past()
    switched = Shop(replace(ours.world, model=theirs.model))
    for work in (switched.migrate, switched.revise):
        with pytest.raises(NotMigrated, match=r"(?s)another revision of model 'shop'.*" + NO_SHELF):
            work()
    with pytest.raises(NotMigrated, match="edited and not migrated"):
        switched.run()
    assert vars(ours.past()) == vars(before)
    assert not ours.run().anything_new


def test_branches_are_merged_as_the_messages_say(ours: Shop, theirs: Shop) -> None:
    """Both files have one number; renumbered, theirs leads to a model without ours; written anew, all is well."""
    before, folder = ours.past(), model_history(ours.model).folder
    fetched = folder / f"{newest(theirs).stem}_theirs.py"
    shutil.copy(newest(theirs), fetched)
    ours.edit(PHONE, queries=PHONES)
    with pytest.raises(NotMigrated, match=r"(?s)have the number 0\d+.*Delete the other, and write it again"):
        ours.migrate()

    number = f"{int(newest(theirs).name[:4]) + 1:04d}"
    renumbered = fetched.replace(folder / f"{number}_phone.py")
    text = renumbered.read_text()
    before_it, its = f"{int(number) - 2:04d}", f"{int(number) - 1:04d}"
    renumbered.write_text(text.replace(f"'{its}'", f"'{number}'").replace(f"'{before_it}'", f"'{its}'"))
    with pytest.raises(ModelChangeRefused, match=r"(?s)would leave something behind.*" + NO_SHELF):
        ours.revise()
    assert ours.rows("vault.s_products_stocks") == before.tables["s_products_stocks"]

    renumbered.unlink()
    ours.revise()
    ours.migrate()
    assert_past_is_kept(before, ours.past(), {})
    assert not ours.run().anything_new
    assert ours.differences() == []

    # Who wrote theirs has a warehouse that no longer fits: it is named, and nothing is lost in it.
    missing = r"(?s)another revision of model 'shop'.*attribute 'phone' of satellite 'customer' is missing"
    with pytest.raises(NotMigrated, match=missing):
        Shop(replace(theirs.world, model=merged_but_behind(ours))).migrate()


def merged_but_behind(ours: Shop) -> Model:
    """Our branch as it was before the merge."""
    newest(ours).unlink()
    return ours.edit(lambda model: model["satellites"]["customer"]["attributes"].pop("phone"))


def test_any_message_gives_a_revision_that_can_be_read(servers: Servers, shop: Model, tmp_path: Path) -> None:
    edited = with_past(servers, shop, tmp_path)
    messages = (
        'a """ b',
        '"',
        r"c:\new \x",
        "ends with \\",
        "größer\n\tals",
        "!!!",
        "",
        "\udcff",
        "${x} % ##",
        "it's",
    )
    for number, message in enumerate(messages):
        edited.edit(attribute("product_stock", f"extra_{number}", "text"))
        written = migrations.revise(edited.warehouse, model_history(edited.model), message)
        assert written is not None, message
        assert newest_signature(model_history(edited.model)) is not None, message
    edited.migrate()


def test_two_commands_that_revise_at_once_write_one_revision(servers: Servers, shop: Model, tmp_path: Path) -> None:
    edited = with_past(servers, shop, tmp_path)
    files = edited.revisions()
    edited.edit(SHELF, queries=SHELVES)
    begin = threading.Barrier(2)

    def revise() -> Any:
        begin.wait()
        try:
            return edited.revise()
        except NotMigrated as exc:
            return str(exc)

    with ThreadPoolExecutor() as pool:
        done = [it.result() for it in [pool.submit(revise) for _ in range(2)]]
    assert len(edited.revisions()) == len(files) + 1
    (said,) = [it for it in done if not isinstance(it, Path)]
    # Either it came while the other wrote, or after.
    assert said is None or "was written meanwhile" in said
    edited.migrate()


def test_a_migration_waits_for_another_one_and_not_for_ever(
    servers: Servers, shop: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = with_past(servers, shop, tmp_path)
    monkeypatch.setattr(migrations, "_TURN", "300ms")
    with edited.warehouse.session() as session:
        session.execute(SQL("SELECT pg_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"))
        with pytest.raises(LoadInProgress, match="another migration of this warehouse is under way"):
            edited.migrate()
        session.commit()
        edited.migrate()


def test_a_migration_of_the_engine_concerns_every_model(
    servers: Servers, school: World, shop: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps off the loads of each, and what was recorded for each is not trusted afterwards."""
    school.run()
    other = load_model(shop.directory)
    migrations.migrate(school.stores.warehouse, other)
    shutil.copytree(MIGRATIONS / "control", tmp_path / "control")
    number = max(it.name[:4] for it in (tmp_path / "control").glob("*.py"))
    (tmp_path / "control" / "9999_more.py").write_text(
        f"""from alembic import op
revision, down_revision = "9999", "{number}"
def upgrade():
    op.execute("COMMENT ON SCHEMA control IS 'more'")
"""
    )
    monkeypatch.setattr(migrations, "control_history", lambda: History("control", tmp_path / "control"))
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 2")
    with (
        locks.exclusive(school.stores.warehouse, school.model),
        pytest.raises(LoadInProgress, match=f"another run of model '{school.model.name}' is working"),
    ):
        migrations.migrate(school.stores.warehouse, other)
    begun(school)
    migrations.migrate(school.stores.warehouse, other)
    assert school.vault("SELECT model, bookkeeping_valid FROM control.models ORDER BY model") == [
        (school.model.name, False),
        ("shop", False),
    ]
    assert school.vault("SELECT status FROM control.loads ORDER BY load_id") == [("closed",), ("rolled back",)]
