"""Every error a user can meet, with what was wrong, where, what was expected and what to do."""

from __future__ import annotations

from typing import ClassVar


class SkyengError(Exception):
    """Root of all errors raised on purpose.

    `str(error)` is the whole message for a person: one line that says what is wrong, then
    indented lines for the place, the expectation and the remedy where they are known.
    """

    #: Process exit code of a command that ends with this error.
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        facts = (("where", self.where), ("expected", self.expected), ("to do", self.remedy))
        lines = [self.what.strip()]
        for label, text in facts:
            if text:
                lines.append(f"  {label + ':':<10}" + text.strip().replace("\n", "\n" + " " * 12))
        return "\n".join(lines)


class UsageError(SkyengError):
    """A command was called with arguments that cannot be carried out."""

    exit_code = 2


class SettingsError(UsageError):
    """An environment variable has a value that cannot be used."""


class ModelError(UsageError):
    """A model file is missing, unreadable or contradicts itself."""


class ModelChangeRefused(ModelError):
    """A model was edited in a way that would lose stored history; nothing was written."""


class ConnectionFailed(SkyengError):
    """A server could not be reached or refused us."""


class EmbeddedServerError(SkyengError):
    """The embedded PostgreSQL or ClickHouse could not be started or is taken."""


class AlreadyRunning(SkyengError):
    """`skyeng up` was started while another one of the same home lives."""


class PortTaken(SkyengError):
    """A port that was to be served on is in use."""


class ProcessFailed(SkyengError):
    """A program that we started ended when it should not have, or did not become ready."""


class SourceError(SkyengError):
    """The datasource does not deliver what the model's feed declares."""


class StatementFailed(SkyengError):
    """A database refused a statement."""

    #: PostgreSQL's SQLSTATE, where it gave one.
    code: str | None = None
    #: The connection that leads to the database.
    server: str | None = None


class BadRowsError(SkyengError):
    """Rows of the source cannot be loaded; nothing was written."""


class UnknownKey(SkyengError):
    """A business key was asked for that no closed load has brought."""


class LoadInProgress(SkyengError):
    """Another run of the same model is working."""


class LoadRolledBack(SkyengError):
    """A step was asked of a load that was rolled back."""

    def __init__(self, what: str, *, remedy: str, superseded: bool) -> None:
        super().__init__(what, remedy=remedy)
        #: A later load was closed, so that nothing is left to do.
        self.superseded = superseded


class StepMissing(SkyengError):
    """A step was asked of a load before the steps it builds upon were done."""


class StagingLost(SkyengError):
    """The rows that a load had staged are deleted."""


class NotMigrated(SkyengError):
    """The warehouse or the datamart is not at the version this code needs."""


class NotOwned(SkyengError):
    """A model declares an object of the warehouse that belongs to another model, or to nobody on record."""


class ObjectsLost(SkyengError):
    """Tables, views or functions of the warehouse are missing, or not as the model declares them."""


class NameTaken(SkyengError):
    """A table or view with a name that a mart needs belongs to somebody else."""


class MartDamaged(SkyengError):
    """A table or view of the datamart is missing, or is not what the model declares."""


class DatamartAhead(SkyengError):
    """The datamart holds loads that the warehouse does not know."""


class VaultDamaged(SkyengError):
    """The vault lacks rows that its own log says were loaded."""


class DryRunFailed(SkyengError):
    """A plan broke off: the made-up answers do not fit what the code asks."""
