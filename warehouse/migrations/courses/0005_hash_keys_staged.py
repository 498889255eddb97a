"""staged rows bring the hash key of their lesson

It stands before the attributes: a column behind others is found by walking over them.

Revision: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _begin_anew()
    op.create_table('courses',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.Column('h_lesson_hk', sa.Uuid(), nullable=True),
    sa.Column('course_id', sa.Integer(), nullable=True),
    sa.Column('module_id', sa.Integer(), nullable=True),
    sa.Column('lesson_id', sa.Integer(), nullable=True),
    sa.Column('stream_id', sa.Integer(), nullable=True),
    sa.Column('course_title', sa.Text(), nullable=True),
    sa.Column('course_icon_url', sa.Text(), nullable=True),
    sa.Column('course_is_auto_course_enroll', sa.Boolean(), nullable=True),
    sa.Column('course_is_demo_enroll', sa.Boolean(), nullable=True),
    sa.Column('course_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('course_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('course_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('module_title', sa.Text(), nullable=True),
    sa.Column('module_order_in_stream', sa.Integer(), nullable=True),
    sa.Column('module_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('module_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('module_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('lesson_title', sa.Text(), nullable=True),
    sa.Column('lesson_description', sa.Text(), nullable=True),
    sa.Column('lesson_teacher_id', sa.Integer(), nullable=True),
    sa.Column('lesson_start_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('lesson_end_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('lesson_homework_url', sa.Text(), nullable=True),
    sa.Column('lesson_online_lesson_join_url', sa.Text(), nullable=True),
    sa.Column('lesson_online_lesson_recording_url', sa.Text(), nullable=True),
    sa.Column('lesson_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_name', sa.Text(), nullable=True),
    sa.Column('stream_is_open', sa.Boolean(), nullable=True),
    sa.Column('stream_homework_deadline_days', sa.Integer(), nullable=True),
    sa.Column('stream_start_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_end_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    schema='stage',
    prefixes=['UNLOGGED']
    )


def _begin_anew() -> None:
    """Staging belongs to the load under way, which has to stage again."""
    op.execute("DELETE FROM stage.selections WHERE model = 'courses'")
    op.drop_table('courses', schema='stage')
