"""Rows that cannot be loaded: found in staging, before anything is written to the vault."""
