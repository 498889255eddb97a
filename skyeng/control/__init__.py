"""The register of loads, the step log, and locks: the tables of schema `control`."""
