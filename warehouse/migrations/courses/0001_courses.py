"""courses

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

    op.create_table('courses_changes',
    sa.Column('load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=True),
    schema='control'
    )
    op.create_index('ix_courses_changes_load_ts', 'courses_changes', ['load_ts'], unique=False, schema='control', postgresql_using='brin')
    op.create_table('courses_rows',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('row_key', name=op.f('pk_courses_rows')),
    schema='control'
    )
    op.create_table('courses',
    sa.Column('course_id', sa.Integer(), nullable=True),
    sa.Column('course_title', sa.Text(), nullable=True),
    sa.Column('course_icon_url', sa.Text(), nullable=True),
    sa.Column('course_is_auto_course_enroll', sa.Boolean(), nullable=True),
    sa.Column('course_is_demo_enroll', sa.Boolean(), nullable=True),
    sa.Column('course_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('course_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('course_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('module_id', sa.Integer(), nullable=True),
    sa.Column('module_title', sa.Text(), nullable=True),
    sa.Column('module_order_in_stream', sa.Integer(), nullable=True),
    sa.Column('module_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('module_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('module_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('lesson_id', sa.Integer(), nullable=True),
    sa.Column('lesson_title', sa.Text(), nullable=True),
    sa.Column('lesson_description', sa.Text(), nullable=True),
    sa.Column('lesson_teacher_id', sa.Integer(), nullable=True),
    sa.Column('lesson_start_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('lesson_end_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('lesson_homework_url', sa.Text(), nullable=True),
    sa.Column('lesson_online_lesson_join_url', sa.Text(), nullable=True),
    sa.Column('lesson_online_lesson_recording_url', sa.Text(), nullable=True),
    sa.Column('lesson_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_id', sa.Integer(), nullable=True),
    sa.Column('stream_name', sa.Text(), nullable=True),
    sa.Column('stream_is_open', sa.Boolean(), nullable=True),
    sa.Column('stream_homework_deadline_days', sa.Integer(), nullable=True),
    sa.Column('stream_start_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_end_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('stream_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.Column('row_key', sa.Uuid(), nullable=False),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('courses_gone',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('h_courses',
    sa.Column('h_course_hk', sa.Uuid(), nullable=False),
    sa.Column('h_course_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_course_record_source', sa.Text(), nullable=False),
    sa.Column('h_course_id', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('h_course_hk', name=op.f('pk_h_courses')),
    schema='vault'
    )
    op.create_index('ix_h_courses_load_ts', 'h_courses', ['h_course_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('h_lessons',
    sa.Column('h_lesson_hk', sa.Uuid(), nullable=False),
    sa.Column('h_lesson_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_lesson_record_source', sa.Text(), nullable=False),
    sa.Column('h_lesson_id', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('h_lesson_hk', name=op.f('pk_h_lessons')),
    schema='vault'
    )
    op.create_index('ix_h_lessons_load_ts', 'h_lessons', ['h_lesson_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('h_modules',
    sa.Column('h_module_hk', sa.Uuid(), nullable=False),
    sa.Column('h_module_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_module_record_source', sa.Text(), nullable=False),
    sa.Column('h_module_id', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('h_module_hk', name=op.f('pk_h_modules')),
    schema='vault'
    )
    op.create_index('ix_h_modules_load_ts', 'h_modules', ['h_module_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('h_streams',
    sa.Column('h_stream_hk', sa.Uuid(), nullable=False),
    sa.Column('h_stream_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_stream_record_source', sa.Text(), nullable=False),
    sa.Column('h_stream_id', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('h_stream_hk', name=op.f('pk_h_streams')),
    schema='vault'
    )
    op.create_index('ix_h_streams_load_ts', 'h_streams', ['h_stream_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('l_courses_modules_lessons_streams',
    sa.Column('l_course_module_lesson_stream_hk', sa.Uuid(), nullable=False),
    sa.Column('l_course_module_lesson_stream_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('l_course_module_lesson_stream_record_source', sa.Text(), nullable=False),
    sa.Column('h_course_hk', sa.Uuid(), nullable=False),
    sa.Column('h_module_hk', sa.Uuid(), nullable=False),
    sa.Column('h_lesson_hk', sa.Uuid(), nullable=False),
    sa.Column('h_stream_hk', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('l_course_module_lesson_stream_hk', name=op.f('pk_l_courses_modules_lessons_streams')),
    schema='vault'
    )
    op.create_index('ix_l_courses_modules_lessons_streams_load_ts', 'l_courses_modules_lessons_streams', ['l_course_module_lesson_stream_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_courses',
    sa.Column('h_course_hk', sa.Uuid(), nullable=False),
    sa.Column('s_course_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_course_record_source', sa.Text(), nullable=False),
    sa.Column('s_course_title', sa.Text(), nullable=True),
    sa.Column('s_course_icon_url', sa.Text(), nullable=True),
    sa.Column('s_course_is_auto_course_enroll', sa.Boolean(), nullable=True),
    sa.Column('s_course_is_demo_enroll', sa.Boolean(), nullable=True),
    sa.Column('s_course_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_course_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_course_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_course_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_course_hk', 's_course_load_ts', name=op.f('pk_s_courses')),
    schema='vault'
    )
    op.create_index('ix_s_courses_load_ts', 's_courses', ['s_course_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_courses_modules_lessons_streams_effectivity',
    sa.Column('l_course_module_lesson_stream_hk', sa.Uuid(), nullable=False),
    sa.Column('s_course_module_lesson_stream_effectivity_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_course_module_lesson_stream_effectivity_record_source', sa.Text(), nullable=False),
    sa.Column('s_course_module_lesson_stream_effectivity_is_active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('l_course_module_lesson_stream_hk', 's_course_module_lesson_stream_effectivity_load_ts', name=op.f('pk_s_courses_modules_lessons_streams_effectivity')),
    schema='vault'
    )
    op.create_index('ix_s_courses_modules_lessons_streams_effectivity_load_ts', 's_courses_modules_lessons_streams_effectivity', ['s_course_module_lesson_stream_effectivity_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_lessons',
    sa.Column('h_lesson_hk', sa.Uuid(), nullable=False),
    sa.Column('s_lesson_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_lesson_record_source', sa.Text(), nullable=False),
    sa.Column('s_lesson_title', sa.Text(), nullable=True),
    sa.Column('s_lesson_description', sa.Text(), nullable=True),
    sa.Column('s_lesson_teacher_id', sa.Integer(), nullable=True),
    sa.Column('s_lesson_start_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_lesson_end_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_lesson_homework_url', sa.Text(), nullable=True),
    sa.Column('s_lesson_online_lesson_join_url', sa.Text(), nullable=True),
    sa.Column('s_lesson_online_lesson_recording_url', sa.Text(), nullable=True),
    sa.Column('s_lesson_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_lesson_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_lesson_hk', 's_lesson_load_ts', name=op.f('pk_s_lessons')),
    schema='vault'
    )
    op.create_index('ix_s_lessons_load_ts', 's_lessons', ['s_lesson_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_modules',
    sa.Column('h_module_hk', sa.Uuid(), nullable=False),
    sa.Column('s_module_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_module_record_source', sa.Text(), nullable=False),
    sa.Column('s_module_title', sa.Text(), nullable=True),
    sa.Column('s_module_order_in_stream', sa.Integer(), nullable=True),
    sa.Column('s_module_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_module_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_module_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_module_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_module_hk', 's_module_load_ts', name=op.f('pk_s_modules')),
    schema='vault'
    )
    op.create_index('ix_s_modules_load_ts', 's_modules', ['s_module_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_streams',
    sa.Column('h_stream_hk', sa.Uuid(), nullable=False),
    sa.Column('s_stream_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_stream_record_source', sa.Text(), nullable=False),
    sa.Column('s_stream_name', sa.Text(), nullable=True),
    sa.Column('s_stream_is_open', sa.Boolean(), nullable=True),
    sa.Column('s_stream_homework_deadline_days', sa.Integer(), nullable=True),
    sa.Column('s_stream_start_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_stream_end_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_stream_created_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_stream_updated_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_stream_deleted_at', postgresql.TIMESTAMP(), nullable=True),
    sa.Column('s_stream_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_stream_hk', 's_stream_load_ts', name=op.f('pk_s_streams')),
    schema='vault'
    )
    op.create_index('ix_s_streams_load_ts', 's_streams', ['s_stream_load_ts'], unique=False, schema='vault', postgresql_using='brin')
