"""places of rows

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('orders_buckets',
    sa.Column('bucket', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('row_count', sa.BigInteger(), nullable=False),
    sa.Column('hash_sum', sa.Numeric(), nullable=False),
    sa.Column('weighted_sum', sa.Numeric(), nullable=False),
    sa.PrimaryKeyConstraint('bucket', name=op.f('pk_orders_buckets')),
    schema='control'
    )
    op.create_table('stocks_buckets',
    sa.Column('bucket', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('row_count', sa.BigInteger(), nullable=False),
    sa.Column('hash_sum', sa.Numeric(), nullable=False),
    sa.Column('weighted_sum', sa.Numeric(), nullable=False),
    sa.PrimaryKeyConstraint('bucket', name=op.f('pk_stocks_buckets')),
    schema='control'
    )
    op.add_column('orders_rows', sa.Column('row_place', sa.BigInteger(), nullable=True, comment='By which the source finds the row, see skyeng.cut.'), schema='control')
    op.create_index('ix_orders_rows_row_place', 'orders_rows', ['row_place'], unique=False, schema='control')
    op.add_column('stocks_rows', sa.Column('row_place', sa.BigInteger(), nullable=True, comment='By which the source finds the row, see skyeng.cut.'), schema='control')
    op.create_index('ix_stocks_rows_row_place', 'stocks_rows', ['row_place'], unique=False, schema='control')
