"""Reads a source: only by SELECT, and all feeds of a load from one snapshot."""
