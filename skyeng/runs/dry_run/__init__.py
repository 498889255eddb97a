"""A run without servers: the pipelines' own code, against drivers that write down what they are asked to send.

What a plan shows can not drift from what a run does, since it is the same code that composes
and sends it. Only the answers are made up, by a scenario.
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
