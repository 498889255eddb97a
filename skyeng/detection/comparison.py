"""What is new, changed or gone on a main side, by fingerprints of it and of a follower."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from skyeng.db.postgres import Session
from skyeng.hashing.checksums import Fingerprint, Method, canary, differing

Bucket = TypeVar("Bucket", bound=Hashable)


def agreed_method(source: Session, warehouse: Session) -> Method:
    """The fast row hash, if both servers agree on it; else the hash of the canonical text."""
    return "binary" if source.scalar(canary()) == warehouse.scalar(canary()) else "text"


@dataclass(frozen=True)
class Comparison(Generic[Bucket]):
    """Fingerprints of a main and a follower side, by whatever the two are cut into.

    `verify` cuts rows by bits of their hash, `to_datamart` cuts row versions by load. What `to_datawarehouse`
    compares is compared in the warehouse, see `skyeng.detection.segment_checksums`.
    """

    main: Mapping[Bucket, Fingerprint]
    follower: Mapping[Bucket, Fingerprint]

    @property
    def differing(self) -> list[Bucket]:
        return differing(self.main, self.follower)

    @property
    def missing(self) -> list[Bucket]:
        """Buckets that the follower does not hold as the main side does."""
        return [bucket for bucket in self.differing if bucket in self.main]

    @property
    def ahead(self) -> list[Bucket]:
        """Buckets that only the follower has."""
        return [bucket for bucket in self.differing if bucket not in self.main]
