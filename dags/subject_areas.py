"""Entry point for Airflow: two DAGs for every subject area whose model can be read.

The DAGs of the default model have the plain names. The DAGs of other models have the model's name as a suffix.
"""

from skyeng.airflow.factory import to_datamart, to_datawarehouse
from skyeng.config import default_model
from skyeng.model.discovery import sound_models

for model in sound_models():
    suffix = "" if model.name == default_model() else f"_{model.name}"
    to_datawarehouse(model, f"to_datawarehouse{suffix}")
    if model.marts:
        to_datamart(model, f"to_datamart{suffix}")
