"""`to_datawarehouse` and `to_datamart` as ordered steps, used by the commands and the DAGs alike."""

from skyeng.pipeline.run import Report, run
from skyeng.pipeline.status import MartState, mart_states
from skyeng.pipeline.stores import Stores, datamart, opened
from skyeng.pipeline.verify import verify

__all__ = ["MartState", "Report", "Stores", "datamart", "mart_states", "opened", "run", "verify"]
