"""Every error that a user can meet, with what is wrong, where, what was expected and what to do."""

from __future__ import annotations

from typing import ClassVar


class SkyengError(Exception):
    """Base class of all errors that are raised on purpose.

    `str(error)` is the whole message for a user: one line that says what is wrong, then indented lines for the place,
    the expectation and the remedy, if they are known.
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
    """A model file is missing, unreadable or inconsistent."""


class ModelChangeRefused(ModelError):
    """A model was edited in a way that would lose stored history; nothing was written."""


class ConnectionFailed(SkyengError):
    """A server could not be reached, or refused the connection."""


class EmbeddedServerError(SkyengError):
    """The embedded PostgreSQL or ClickHouse could not be started, or another process uses it."""


class AlreadyRunning(SkyengError):
    """`skyeng up` was started while another instance runs in the same home."""


class PortTaken(SkyengError):
    """A port that a server should listen on is in use."""


class ProcessFailed(SkyengError):
    """A program that we started ended unexpectedly, or did not become ready."""


class SourceError(SkyengError):
    """The datasource does not deliver what the model's feed declares."""


class StatementFailed(SkyengError):
    """A database refused a statement."""

    #: PostgreSQL's SQLSTATE, or None.
    code: str | None = None
    #: The name of the connection to the database, or None.
    server: str | None = None


class BadRowsError(SkyengError):
    """Rows of the source cannot be loaded; nothing was written."""


class UnknownKey(SkyengError):
    """No closed load contains the requested business key."""


class LoadInProgress(SkyengError):
    """Another run of the same model is working."""


class LoadRolledBack(SkyengError):
    """A step was requested for a load that was rolled back."""

    def __init__(self, what: str, *, remedy: str, superseded: bool) -> None:
        super().__init__(what, remedy=remedy)
        #: Whether a later load was closed, so that nothing is left to do.
        self.superseded = superseded


class StepMissing(SkyengError):
    """A step was requested for a load before the steps that it depends on were completed."""


class StagingLost(SkyengError):
    """The staged rows of a load were deleted."""


class NotMigrated(SkyengError):
    """The warehouse or the datamart is not at the version this code needs."""


class NotOwned(SkyengError):
    """A model declares an object of the warehouse that belongs to another model, or has no recorded owner."""


class ObjectsLost(SkyengError):
    """Tables, views or functions of the warehouse are missing, or differ from the model."""


class NameTaken(SkyengError):
    """A table or view that does not belong to the model has a name that a mart needs."""


class MartDamaged(SkyengError):
    """A table or view of the datamart is missing, or differs from the model."""


class DatamartAhead(SkyengError):
    """The datamart holds loads that the warehouse does not know."""


class VaultDamaged(SkyengError):
    """The vault lacks rows that were loaded according to its own log."""


class DryRunFailed(SkyengError):
    """A dry run stopped: the simulated answers do not fit the questions of the code."""
