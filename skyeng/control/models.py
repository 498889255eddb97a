"""Whether what is recorded of a model's active rows can be relied on: a column of `control.models`."""

from __future__ import annotations

from skyeng.db.postgres import Session
from skyeng.hashing.checksums import Method
from skyeng.model import Model
from skyeng.sql import sql


def trust(session: Session, model: Model, method: Method) -> None:
    """Note that active rows are those of the vault, hashed by this method, in the transaction that made it so."""
    session.execute(
        sql("""UPDATE control.models SET bookkeeping_valid = true, row_hash_method = %(method)s
WHERE model = %(model)s AND (bookkeeping_valid, row_hash_method) IS DISTINCT FROM (true, %(method)s)"""),
        {"model": model.name, "method": method},
    )


def distrust(session: Session, model: Model) -> None:
    """Let the next run compare with the vault itself."""
    session.execute(
        sql("UPDATE control.models SET bookkeeping_valid = false WHERE model = %(model)s"), {"model": model.name}
    )
    # A model that no migration has put on record yet: rows without a segmentation are computed from the vault again.
    session.execute(sql("DELETE FROM control.cuts WHERE model = %(model)s"), {"model": model.name})
