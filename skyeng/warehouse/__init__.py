"""The vault in PostgreSQL: its tables, staging, loads and history."""
