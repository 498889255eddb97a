"""Reading a source: only SELECT, and all feeds of a load from one snapshot."""
