"""Runs of a model: `to_datawarehouse` and `to_datamart` as ordered steps, for commands and DAGs."""

from skyeng.runs.pipelines import Report, run
from skyeng.runs.status import MartState, mart_states

__all__ = ["MartState", "Report", "mart_states", "run"]
