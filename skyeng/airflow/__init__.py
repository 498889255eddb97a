"""The DAGs of each model. Only this package depends on Airflow.

A task opens the stores that the connections name, calls the step of the same name, and logs what it moved.
Each step can be retried or cleared at any time, on any worker.
"""
