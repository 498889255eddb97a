"""Records whether the active rows of a model are valid: columns of `control.models`."""

from __future__ import annotations

from skyeng.db.postgres import Session
from skyeng.hashing.checksums import Method
from skyeng.model import Model
from skyeng.sql import sql


def trust(session: Session, model: Model, method: Method) -> None:
    """Mark the active rows as valid: equal to the vault, and hashed by this method.

    Call it in the transaction that made them so.
    """
    session.execute(
        sql("""UPDATE control.models SET bookkeeping_valid = true, row_hash_method = %(method)s
WHERE model = %(model)s AND (bookkeeping_valid, row_hash_method) IS DISTINCT FROM (true, %(method)s)"""),
        {"model": model.name, "method": method},
    )


def distrust(session: Session, model: Model) -> None:
    """Mark the active rows as not valid, so that the next run compares with the vault itself."""
    session.execute(
        sql("UPDATE control.models SET bookkeeping_valid = false WHERE model = %(model)s"), {"model": model.name}
    )
    # For a model that no migration has recorded yet: rows without a segmentation are computed from the vault again.
    session.execute(sql("DELETE FROM control.cuts WHERE model = %(model)s"), {"model": model.name})
