"""Starts and stops the embedded servers and Airflow together, on one machine without docker."""
