"""loads

Revision: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('loads',
    sa.Column('load_id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False, comment='Every vault row of this load carries it; strictly later than the last.'),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('started_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('finished_at', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('run_by', sa.Text(), nullable=False, comment='User, host and process.'),
    sa.Column('hash_version', sa.SmallInteger(), nullable=False, comment='See skyeng.hashing.'),
    sa.Column('row_hash_method', sa.Text(), nullable=True, comment='How the row hashes in <feed>_rows were computed.'),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='Rows written, by table.'),
    sa.Column('seconds', postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment='Time taken, by step.'),
    sa.Column('error', sa.Text(), nullable=True),
    sa.CheckConstraint("status IN ('open', 'closed', 'rolled back')", name='ck_loads_status'),
    sa.PrimaryKeyConstraint('load_id', name=op.f('pk_loads')),
    sa.UniqueConstraint('model', 'load_ts', name=op.f('uq_loads')),
    schema='control',
    comment='One row a run of to_datawarehouse. Only closed loads are visible.'
    )
    op.create_index('ix_loads_one_open', 'loads', ['model'], unique=True, schema='control', postgresql_where=sa.text("status = 'open'"))
    op.create_table('fingerprints',
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('feed', sa.Text(), nullable=False),
    sa.Column('bucket', sa.Integer(), nullable=False),
    sa.Column('row_count', sa.BigInteger(), nullable=False),
    sa.Column('hash_sum', sa.Numeric(), nullable=False),
    schema='stage',
    comment='What the warehouse held, by bucket, when the load under way began.',
    prefixes=['UNLOGGED']
    )
    op.create_table('selections',
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('feed', sa.Text(), nullable=False),
    sa.Column('buckets', sa.Integer(), nullable=False),
    sa.Column('bitmap', sa.LargeBinary(), nullable=True, comment='One bit a bucket that differs; NULL: all rows.'),
    sa.Column('compared', sa.Boolean(), nullable=False, comment='Staging holds new and changed rows only.'),
    sa.PrimaryKeyConstraint('model', 'feed', name=op.f('pk_selections')),
    schema='stage',
    comment='Which buckets of the source were staged by the load under way.',
    prefixes=['UNLOGGED']
    )
    op.create_table('load_feeds',
    sa.Column('load_id', sa.BigInteger(), nullable=False),
    sa.Column('feed', sa.Text(), nullable=False),
    sa.Column('rows_new', sa.BigInteger(), nullable=False),
    sa.Column('rows_changed', sa.BigInteger(), nullable=False),
    sa.Column('rows_gone', sa.BigInteger(), nullable=False),
    sa.Column('rows_active', sa.BigInteger(), nullable=False, comment='Rows of the feed after the load.'),
    sa.Column('hash_sum', sa.Numeric(), nullable=False, comment='Sum of the row hashes touched.'),
    sa.ForeignKeyConstraint(['load_id'], ['control.loads.load_id'], ),
    sa.PrimaryKeyConstraint('load_id', 'feed', name=op.f('pk_load_feeds')),
    schema='control',
    comment='What a closed load changed, by feed.'
    )
