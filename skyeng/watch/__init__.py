"""Watching warehouse and datamart from outside: metrics for Prometheus, alerts for people.

It asks the stores what is true, whoever runs the loads, and so notices a scheduler that stands still too.
"""

from skyeng.watch.looking import watch

__all__ = ["watch"]
