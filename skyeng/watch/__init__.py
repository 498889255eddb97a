"""Metrics for Prometheus, and alerts.

They are read from the stores, so they do not depend on the program that runs the loads. A stopped scheduler is
detected too.
"""
