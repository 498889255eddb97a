"""Airflow's entry: two DAGs for every subject area whose model can be read.

`courses`, the first one, has the plain names; another model's DAGs carry its name.
"""

from skyeng.airflow.factory import to_datamart, to_datawarehouse
from skyeng.model.discovery import sound_models

for model in sound_models():
    suffix = "" if model.name == "courses" else f"_{model.name}"
    to_datawarehouse(model, f"to_datawarehouse{suffix}")
    if model.marts:
        to_datamart(model, f"to_datamart{suffix}")
