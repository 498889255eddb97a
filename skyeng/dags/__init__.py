"""A model's two DAGs: Airflow's view of the pipelines, and all that this package knows of Airflow.

A task opens the stores that the connections name, calls the pipeline's step of the same name, and
logs what it moved. What is worth knowing about retries and clearing is in the steps: each may be
asked for again at any time, by any worker.
"""

from skyeng.dags.build import to_datamart, to_datawarehouse
from skyeng.model.discovery import check_models, sound_models

__all__ = ["check_models", "sound_models", "to_datamart", "to_datawarehouse"]
