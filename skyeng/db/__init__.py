"""Sessions of PostgreSQL and ClickHouse, and pipes between them."""
