"""The DAGs of each model: the only part that knows Airflow.

A task opens the stores that the connections name, calls the step of the same name, and logs what it moved.
Each step may be retried or cleared at any time, on any worker.
"""
