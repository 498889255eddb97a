"""The record of a dry run: its statements by step, in the order in which they were sent."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from skyeng.db.postgres import Postgres
from skyeng.db.postgres import Session as PostgresSession
from skyeng.runs.dry_run.callers import Callers
from skyeng.runs.steps import State


@dataclass(frozen=True)
class Statement:
    """A statement that a session sends. Bound values are shown as `:name`."""

    server: str
    session: int
    text: str
    #: Its purpose, as the function that sends it states it.
    purpose: str = ""
    #: Whether it is the settings statement at the beginning of a transaction.
    settles: bool = False


@dataclass(frozen=True)
class Answer:
    """The result of a statement: rows, the number of rows written, or the names and types of columns."""

    rows: Sequence[tuple[Any, ...]] = ()
    count: int = 0
    columns: Sequence[tuple[str, str]] = ()


@dataclass
class Section:
    """The statements of one step. A section without a name has the statements between steps."""

    name: str = ""
    purpose: str = ""
    #: Steps of its stage, which run concurrently, including this one; empty for a step that runs alone.
    stage: list[str] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    #: The statements that were answered, each with its made-up answer.
    answered: list[tuple[Statement, Answer]] = field(default_factory=list)

    @property
    def at_once(self) -> list[str]:
        """The other steps that run at the same time."""
        return [name for name in self.stage if name != self.name]

    def __bool__(self) -> bool:
        return bool(self.name or self.statements)


@dataclass(frozen=True)
class DryRunSession:
    """The record of a session: its server, its number, and the section in which it began."""

    server: str
    number: int
    begun_in: Section


@dataclass(frozen=True)
class Question:
    """A statement whose result the caller needs."""

    statement: Statement
    callers: Callers
    parameters: Mapping[str, Any]


class Answers(Protocol):
    """Makes up the answers of servers."""

    def __call__(self, question: Question, /) -> Answer: ...


class _Names(dict[str, Any]):
    """Parameters of a statement that is shown: the value of each is `:name`."""

    def __getitem__(self, name: str) -> str:
        return f":{name}"


def shown(text: str, parameters: Mapping[str, Any] | None) -> str:
    """A statement with `:name` where a driver would bind the value of a parameter."""
    return text % _Names(parameters) if parameters else text


class Script:
    """The sections of one dry run.

    Steps that run concurrently are written one after the other, in the order in which they were announced. The order
    in which their threads ran does not matter.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._awaited: dict[str, Section] = {}
        #: The stage that is being announced.
        self._stage: list[str] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._main = threading.get_ident()
        self._sections = [Section()]
        #: The section that a thread writes to. A thread that only transfers rows writes to its session's section.
        self._at: dict[int, Section] = {self._main: self._sections[0]}
        #: The step in which the dry run failed, with its statements up to the failure; None if none failed.
        self.failed: Section | None = None

    @property
    def sections(self) -> list[Section]:
        return [section for section in self._sections if section]

    def observe(self, step: str, state: State, _seconds: float) -> None:
        """The observer of the dry run: begins and ends sections."""
        thread = threading.get_ident()
        with self._lock:
            match state:
                case "waiting":
                    self._stage.append(step)
                    self._awaited[step] = self._new(Section(step, stage=self._stage))
                    self._at[thread] = self._new(Section())
                case "started":
                    self._stage = []
                    self._at[thread] = self._awaited.pop(step, None) or self._new(Section(step))
                case "done" | "failed":
                    self._ended(self._at.pop(thread), failed=state == "failed")
                    if thread == self._main:
                        self._at[thread] = self._new(Section())

    def _new(self, section: Section) -> Section:
        self._sections.append(section)
        return section

    def _ended(self, section: Section, *, failed: bool) -> None:
        if failed and self.failed is None:
            self.failed = replace(section, answered=list(section.answered))

    def session(self, server: str) -> DryRunSession:
        """Begin a session."""
        with self._lock:
            # A thread that a step starts itself belongs to the section that began last.
            return DryRunSession(server, next(self._numbers), self._at.get(threading.get_ident(), self._sections[-1]))

    def control(self, session: DryRunSession, text: str) -> None:
        """Record where a transaction begins or ends."""
        callers = Callers.here()
        with self._lock:
            self._written(session, callers, text, purpose="")

    def ask(self, session: DryRunSession, text: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """Record a statement, and make up the answer of the server."""
        callers = Callers.here()
        with self._lock:
            # Statements that a session sends by itself do not belong to the work done in it.
            of_itself = Postgres.session in callers or PostgresSession.settle in callers
            purpose = "" if of_itself else callers.purpose()
            section, statement = self._written(session, callers, shown(text, parameters), purpose=purpose)
            answer = self._answers(Question(statement, callers, parameters or {}))
            section.answered.append((statement, answer))
            return answer

    def _written(
        self, session: DryRunSession, callers: Callers, text: str, *, purpose: str
    ) -> tuple[Section, Statement]:
        section = self._at.get(threading.get_ident(), session.begun_in)
        section.purpose = section.purpose or callers.purpose_of_step()
        statement = Statement(session.server, session.number, text, purpose, PostgresSession.settle in callers)
        section.statements.append(statement)
        return section, statement
