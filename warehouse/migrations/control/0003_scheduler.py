"""scheduler

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
    op.add_column('loads', sa.Column('scheduler', sa.Text(), nullable=True, comment='Who runs one such load at a time, as an Airflow does.'), schema='control')
