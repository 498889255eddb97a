"""Reports models that cannot be read as an import error. The DAGs of all other models are not affected.

This is a separate file, because Airflow drops every DAG of a file that fails.
"""

from skyeng.model.discovery import check_models

check_models()
