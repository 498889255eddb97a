"""Comparison of two endpoints by checksums: which keys are missing, differ, or exist at the target only."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from skyeng.db.postgres import Session
from skyeng.hashing.checksums import Checksum, Method, canary, differing

Key = TypeVar("Key", bound=Hashable)


def agreed_method(source: Session, warehouse: Session) -> Method:
    """The fast row hash if both servers compute it alike, else the hash of the canonical text."""
    return "binary" if source.scalar(canary()) == warehouse.scalar(canary()) else "text"


@dataclass(frozen=True)
class Comparison(Generic[Key]):
    """Checksums of a source and a target, by hash bucket (`verify`) or by load (`to_datamart`).

    `to_datawarehouse` compares inside the warehouse: see `skyeng.detection.segment_checksums`.
    """

    source: Mapping[Key, Checksum]
    target: Mapping[Key, Checksum]

    @property
    def differing(self) -> list[Key]:
        return differing(self.source, self.target)

    @property
    def missing(self) -> list[Key]:
        """Keys of the source that the target lacks, or has with another checksum."""
        return [key for key in self.differing if key in self.source]

    @property
    def ahead(self) -> list[Key]:
        """Keys that only the target has."""
        return [key for key in self.differing if key not in self.source]
