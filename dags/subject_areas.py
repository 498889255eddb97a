"""Airflow's entry: two DAGs for every subject area whose model can be read.

The default model's have the plain names; another model's DAGs carry its name.
"""

from skyeng.airflow.factory import to_datamart, to_datawarehouse
from skyeng.config import default_model
from skyeng.model.discovery import sound_models

for model in sound_models():
    suffix = "" if model.name == default_model() else f"_{model.name}"
    to_datawarehouse(model, f"to_datawarehouse{suffix}")
    if model.marts:
        to_datamart(model, f"to_datamart{suffix}")
