"""Proof that source, warehouse and datamart have the same rows."""

from skyeng.proof.verification import verify

__all__ = ["verify"]
