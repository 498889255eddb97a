"""What is declared: the specification of a subject area, its file, and its checks.

Knows no database. Everything else (tables, loads, marts, plans) is a function over these values.
"""

from skyeng.model.reading import built_in_models, load_model
from skyeng.model.specification import (
    Attribute,
    Effectivity,
    Entity,
    Feed,
    FeedColumn,
    Hub,
    Link,
    Mart,
    MartColumn,
    Model,
    Satellite,
)
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
    "built_in_models",
    "load_model",
]
