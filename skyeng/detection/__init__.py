"""Change detection: segments, their checksums, key ranges, and feeds that deliver changes only."""
