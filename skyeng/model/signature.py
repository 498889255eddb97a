"""A model's signature: all that tables, stored history and loads depend on, in a canonical form without order.

It has the parts of a model file, with every default written out. What is not stored (descriptions, queries, the
folder) is left out. Each revision file has the signature of the model that it leads to. The warehouse stores the
signature of the model that it is migrated for, so that an edited model is detected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from skyeng.model.entities import Attribute
from skyeng.model.spec import Model

#: Sections of named parts, as in a model file.
Signature = dict[str, Any]


def signature(model: Model) -> Signature:
    """The signature of a model. Model files that differ only in order or descriptions have equal signatures."""
    return {
        "model": model.name,
        "source": model.source,
        "hubs": {
            hub.name: {"plural": hub.plural, "business_key": _attributes(hub.name, hub.business_key)}
            for hub in model.hubs
        },
        "links": {
            link.name: {
                "plural": link.plural,
                "hubs": sorted(link.hubs),
                "driving_key": sorted(link.driving_key),
            }
            for link in model.links
        },
        "satellites": {
            satellite.name: {
                "plural": satellite.plural,
                "parent": satellite.hub_name,
                "feed": model.feed_of(satellite).name,
                "attributes": _attributes(satellite.hub_name, satellite.attributes),
            }
            for satellite in model.satellites
        },
        "feeds": {feed.name: {"load": feed.load, "applied": feed.applied, "grain": feed.grain} for feed in model.feeds},
        "marts": {
            mart.name: {
                "plural": mart.plural,
                "feed": mart.feed,
                "order_by": list(mart.order_by),
                "columns": {
                    column.name: {"column": column.column, "low_cardinality": column.low_cardinality}
                    for column in mart.columns
                },
            }
            for mart in model.marts
        },
    }


def _attributes(entity: str, attributes: Iterable[Attribute]) -> dict[str, Any]:
    """Attributes with the feed column that delivers each: columns of staging and views have its name."""
    return {part.name: {"type": part.type.name, "column": part.feed_column(entity)} for part in attributes}


def as_text(declared: Signature) -> str:
    """A signature as indented JSON, one line for each part. Equal signatures give equal texts."""
    return _indented(declared, "")


def _indented(value: Any, indent: str) -> str:
    if not isinstance(value, dict) or not any(isinstance(part, dict) for part in value.values()):
        return json.dumps(value, sort_keys=True)
    parts = (f"{indent} {json.dumps(name)}: {_indented(part, indent + ' ')}" for name, part in sorted(value.items()))
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def from_text(text: str) -> Signature:
    """The signature that `as_text` wrote. Raises `ValueError` if the text is no signature."""
    declared = json.loads(text)
    if not isinstance(declared, dict):
        raise ValueError("a signature is a JSON object")  # noqa: TRY004 - a fault of a text, as any other
    return declared


def model_of(declared: Signature, like: Model) -> Model:
    """The model that a signature describes, in the folder of another model. It serves for tables, not for loads.

    Equal signatures give equal models, whatever the order of their files was.
    """
    declared = from_text(as_text(declared))
    feeds = {name: {**feed, "query": "unknown.sql"} for name, feed in declared["feeds"].items()}
    return Model.model_validate({**declared, "feeds": feeds, "directory": like.directory})
