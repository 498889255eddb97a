"""Shows models that cannot be read as an import error, so that the DAGs of all others go on.

Airflow drops every DAG of a file that fails: hence a file of its own.
"""

from skyeng.model.discovery import check_models

check_models()
