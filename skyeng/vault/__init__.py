"""The Data Vault in PostgreSQL: tables, staging, loads of entities, and readback of any past state."""
