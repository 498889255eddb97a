"""Metrics for Prometheus and alerts for people.

The stores themselves are asked, whoever runs the loads: a scheduler that has stopped is noticed too.
"""
