"""The declared model: the specification of a subject area, its file, and its checks.

This package uses no database. Everything else (tables, loads, marts, plans) is a function over these values.
"""

from skyeng.model.entities import Attribute, Effectivity, Entity, Hub, Link, Satellite
from skyeng.model.loader import argument, kept_in, known_models, load_model, one_line, report
from skyeng.model.spec import Feed, FeedColumn, Mart, MartColumn, Model
from skyeng.model.types import LogicalType

__all__ = [
    "Attribute",
    "Effectivity",
    "Entity",
    "Feed",
    "FeedColumn",
    "Hub",
    "Link",
    "LogicalType",
    "Mart",
    "MartColumn",
    "Model",
    "Satellite",
    "argument",
    "kept_in",
    "known_models",
    "load_model",
    "one_line",
    "report",
]
