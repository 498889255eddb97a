"""hash keys staged

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('enrolments', sa.Column('h_student_hk', sa.Uuid(), nullable=True), schema='stage')
    op.add_column('rooms', sa.Column('h_group_hk', sa.Uuid(), nullable=True), schema='stage')
