"""Pipes between two databases: rows flow through, and an error at either end is raised once."""

from __future__ import annotations

from typing import IO

import pytest

from skyeng.db.pipe import pipe


def test_what_is_written_is_read() -> None:
    rows = b"row\n" * 1_000_000
    with pipe(lambda end: end.write(rows)) as flow:
        assert flow.reader.read() == rows


def test_it_comes_in_chunks() -> None:
    with pipe(lambda end: end.write(b"x" * (3 << 20))) as flow:
        assert sum(map(len, flow.chunks())) == 3 << 20


def test_an_error_of_the_writer_is_raised_at_the_end() -> None:
    def fails(end: IO[bytes]) -> None:
        end.write(b"some")
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"), pipe(fails) as flow:
        assert flow.reader.read() == b"some"


def test_a_reader_that_fails_ends_the_writer() -> None:
    """The writer would wait for ever: nobody empties the pipe."""
    with pytest.raises(ValueError, match="reader"), pipe(lambda end: end.write(b"x" * (64 << 20))):
        raise ValueError("reader")
