"""Datamart tables in ClickHouse: how row versions are appended, and how analysts read them."""
