"""Finds rows that cannot be loaded, in staging, before anything is written to the vault."""
