"""A dry run of the pipelines, printed as commented SQL. Nothing is sent to a server."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Unpack

from skyeng.db.postgres import WAREHOUSE
from skyeng.db.stores import Stores
from skyeng.errors import DryRunFailed, NotMigrated, SourceError, UsageError
from skyeng.model import Model
from skyeng.runs.dry_run import DryRunClickHouse, DryRunPostgres, Kind, Scenario, Script, Section
from skyeng.runs.pipelines import Options, run
from skyeng.vault.revisions import check_revised, model_history, newest_file

#: Default number of rows of a feed: so few that the plan shows no statement for large loads.
ROWS = 100

_WHAT: dict[Kind, str] = {
    "first": "loads {rows:,} rows of each feed into an empty warehouse",
    "changed": "finds {rows:,} rows of each feed changed",
    "unchanged": "finds nothing new in {rows:,} rows of each feed",
}
_WIDTH = 110
#: How many of the last statements the error shows if a dry run fails.
_NAMED = 5


def dry_run(model: Model, *, scenario: Kind = "changed", rows: int = ROWS, **options: Unpack[Options]) -> list[Section]:
    """All statements of a run, by step. No server is needed or contacted.

    Raises `DryRunFailed` if the made-up answers do not fit what the code asks. Raises `NotMigrated` if the model was
    edited after its newest revision: a run would send nothing then.
    """
    if newest_file(model_history(model)):
        check_revised(model)
    script = Script(Scenario(scenario, model, rows))
    stores = Stores(
        DryRunPostgres("pg_datasource", "postgresql:///datasource", script=script),
        DryRunPostgres(WAREHOUSE, "postgresql:///warehouse", script=script),
        DryRunClickHouse("clickhouse:///datamart", script=script),
    )
    try:
        run(model, stores, observer=script.observe, **options)
    except (UsageError, SourceError, NotMigrated):
        raise
    except Exception as exc:
        failed = script.failed or [Section(), *script.sections][-1]
        told = (
            f"{it.server}: {textwrap.shorten(it.text, 300)}"
            f"\n    answered with {list(made_up.rows)}, {made_up.count} written"
            for it, made_up in failed.answered[-_NAMED:]
        )
        raise DryRunFailed(
            f"the plan of model '{model.name}' breaks off in {failed.name or 'no step'}: {type(exc).__name__}: {exc}",
            where="\n".join(told),
            expected="made-up answers that suit what the code asks (skyeng/runs/dry_run/scenario.py)",
        ) from exc
    return script.sections


def plan(model: Model, *, scenario: Kind = "changed", rows: int = ROWS, **options: Unpack[Options]) -> str:
    """The statements of a run as one commented script."""
    sections = dry_run(model, scenario=scenario, rows=rows, **options)
    head = (
        f"What a run of model '{model.name}' {_given(options)} sends when it {_WHAT[scenario].format(rows=rows)}."
        " Nothing was sent to print this: the run's own code ran without servers.",
        ":name stands for a value that is bound when the run is under way; which rows and segments differ, and as of"
        " which load a mart is compared, are examples. Of a business key there are several rows, but for a driving"
        " key's. Statements that depend on a count of rows are shown as if every table had so many. Not shown: the"
        " sign of life of sessions that hold a lock, and what is done when something fails.",
    )
    parts = [*_comments(*head), "", *_settings(sections)]
    for place, section in enumerate(sections):
        parts += ["", *_heading(section, first=place == 0, last=place == len(sections) - 1), *_body(section)]
    return "\n".join(parts) + "\n"


def _given(options: Options) -> str:
    """The options of a run as written on the command line."""
    only = options.get("only")
    words = (f"--only {only}" if only else "", "--full" if options.get("full") else "")
    return " ".join(filter(None, (*words, *(f"--where {it}" for it in options.get("where", ()))))) or "without options"


def _settings(sections: Sequence[Section]) -> Iterator[str]:
    """The settings at the beginning of every PostgreSQL transaction, shown once for each server."""
    first: dict[str, str] = {}
    for it in (it for section in sections for it in section.statements if it.settles):
        first.setdefault(it.server, it.text)
    for server, text in sorted(first.items()):
        yield from _comments(f"Every transaction of {server} begins with")
        yield f"{text};"


def _heading(section: Section, *, first: bool, last: bool) -> Iterator[str]:
    around = "before the first step" if first else "after the last step" if last else "between the steps"
    title = f"-- {section.name or around} "
    yield title.ljust(_WIDTH, "-")
    if section.name:
        yield from _comments(section.purpose or "Nothing is sent: what is known suffices.")
    if section.at_once:
        yield from _comments(f"At the same time: {', '.join(section.at_once)}.")


def _body(section: Section) -> Iterator[str]:
    """The statements in their order, with a comment wherever the session changes."""
    session, said = 0, section.purpose if section.name else ""
    names = _session_names(section)
    for statement in section.statements:
        if statement.settles:
            continue
        if statement.session != session:
            session = statement.session
            yield from ("", f"-- on {names[session]}:")
        if statement.purpose and statement.purpose != said:
            said = statement.purpose
            yield from _comments(said) if said != section.purpose else ("",)
        yield f"{statement.text};"


def _session_names(section: Section) -> dict[int, str]:
    """Names of sessions: the server, with a number if a section has several sessions of it."""
    of_server: dict[str, list[int]] = {}
    for it in section.statements:
        known = of_server.setdefault(it.server, [])
        if it.session not in known and not it.settles:
            known.append(it.session)
    return {
        session: server if len(sessions) == 1 else f"{server}, session {place}"
        for server, sessions in of_server.items()
        for place, session in enumerate(sessions, 1)
    }


def _comments(*texts: str) -> Iterator[str]:
    for text in texts:
        yield from textwrap.wrap(text, _WIDTH, initial_indent="-- ", subsequent_indent="-- ", break_long_words=False)
