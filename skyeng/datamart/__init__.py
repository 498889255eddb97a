"""ClickHouse: the datamart's tables, how rows are appended, and how analysts read them."""
