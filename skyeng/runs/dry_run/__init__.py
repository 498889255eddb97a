"""Dry run: the pipelines' own code runs without servers, on drivers that record what they are asked to send.

A plan cannot drift from what a run does, because the same code composes and sends the statements. Only the answers
are made up, by a scenario.
"""

from skyeng.runs.dry_run.drivers import DryRunClickHouse, DryRunPostgres
from skyeng.runs.dry_run.scenario import KINDS, Kind, Scenario
from skyeng.runs.dry_run.script import Script, Section, Statement

__all__ = [
    "KINDS",
    "DryRunClickHouse",
    "DryRunPostgres",
    "Kind",
    "Scenario",
    "Script",
    "Section",
    "Statement",
]
