"""Alembic's environment: the caller hands over connection, metadata and version table.

`skyeng migrate` is the way in (see `skyeng.vault.migrations`); each model has a folder of
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


def include_object(entity, _name, type_, reflected, compare_to):
    """Leave alone what the database has and the model lacks: only staging holds nothing that could be lost."""
    schema = entity.schema if type_ == "table" else entity.table.schema
    return schema == "stage" or not reflected or compare_to is not None


context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=include_name,
    include_object=include_object,
    process_revision_directives=attributes.get("directives"),
    version_table=attributes["version_table"],
    version_table_schema="control",
)
with context.begin_transaction():
    context.run_migrations()
