"""The register of loads, the log of their steps, and locks: tables of schema `control`."""
