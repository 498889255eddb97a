"""Alembic's environment: the caller hands over connection, metadata and version table.

`skyeng migrate` is the way in (see `skyeng.warehouse.migrations`); each model has a folder of
versions and a version table of its own, so models come and go independently.
"""

from alembic import context

attributes = context.config.attributes
metadata = attributes["metadata"]
owned = {(table.schema, table.name) for table in metadata.tables.values()}


def include_name(name, type_, parent_names):
    """Look at the tables of this model only: others share the schemas."""
    if type_ == "schema":
        return name in {schema for schema, _ in owned}
    if type_ == "table":
        return (parent_names["schema_name"], name) in owned
    return True


context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=include_name,
    version_table=attributes["version_table"],
    version_table_schema="control",
)
with context.begin_transaction():
    context.run_migrations()
