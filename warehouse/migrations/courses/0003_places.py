"""rows know their place, and are kept as fingerprints by bucket too

The next run fills both from the vault: rows without a cut are known to be without places.

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('courses_buckets',
    sa.Column('bucket', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('row_count', sa.BigInteger(), nullable=False),
    sa.Column('hash_sum', sa.Numeric(), nullable=False),
    sa.Column('weighted_sum', sa.Numeric(), nullable=False),
    sa.PrimaryKeyConstraint('bucket', name=op.f('pk_courses_buckets')),
    schema='control'
    )
    op.add_column('courses_rows', sa.Column('row_place', sa.BigInteger(), nullable=True, comment='By which the source finds the row, see skyeng.cut.'), schema='control')
    op.create_index('ix_courses_rows_row_place', 'courses_rows', ['row_place'], unique=False, schema='control')
