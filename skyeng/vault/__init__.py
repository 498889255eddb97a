"""The Data Vault in PostgreSQL: tables, staging, loads of entities, and reading the past back."""
