"""which models a warehouse holds, and what belongs to them; a load timestamp is unique in a warehouse

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('models',
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('signature', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='What the model declared when it was migrated.'),
    sa.Column('bookkeeping_valid', sa.Boolean(), nullable=False, comment='False: the next run compares with the vault itself.'),
    sa.Column('row_hash_method', sa.Text(), nullable=True, comment='How the row hashes in <feed>_rows were computed.'),
    sa.Column('migrated_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.PrimaryKeyConstraint('model', name=op.f('pk_models')),
    schema='control',
    comment='The models that the warehouse is migrated for.'
    )
    op.create_table('model_tables',
    sa.Column('schema_name', sa.Text(), nullable=False),
    sa.Column('table_name', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('definition', sa.Text(), nullable=True, comment='Digest of what a view or function was made from, and of what it is.'),
    sa.PrimaryKeyConstraint('schema_name', 'table_name', name=op.f('pk_model_tables')),
    schema='control',
    comment='Which model a table, view or function belongs to.'
    )
    op.drop_constraint(op.f('uq_loads'), 'loads', schema='control', type_='unique')
    op.create_unique_constraint(op.f('uq_loads'), 'loads', ['load_ts'], schema='control')
    op.alter_column('loads', 'load_ts',
               existing_type=postgresql.TIMESTAMP(timezone=True),
               comment='Every vault row of this load carries it; no other load of the warehouse does.',
               existing_comment='Every vault row of this load carries it; strictly later than the last.',
               existing_nullable=False,
               schema='control')
    op.alter_column('loads', 'row_hash_method',
               existing_type=sa.TEXT(),
               comment='How the load hashed rows.',
               existing_comment='How the row hashes in <feed>_rows were computed.',
               existing_nullable=True,
               schema='control')
