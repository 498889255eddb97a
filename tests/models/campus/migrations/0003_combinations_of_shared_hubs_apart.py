"""combinations of shared hubs apart

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('enrolments_shared',
    sa.Column('applied_ts', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('student_code', sa.Text(), nullable=True),
    sa.Column('group_number', sa.Integer(), nullable=True),
    sa.Column('student_name', sa.Text(), nullable=True),
    sa.Column('student_email', sa.Text(), nullable=True),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('rooms_shared',
    sa.Column('group_number', sa.Integer(), nullable=True),
    sa.Column('room_name', sa.Text(), nullable=True),
    sa.Column('room_seats', sa.Integer(), nullable=True),
    schema='stage',
    prefixes=['UNLOGGED']
    )
