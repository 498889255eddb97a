"""Hash keys, hashdiffs, row hashes and checksums: one rule of equality."""
