"""steps

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('load_steps',
    sa.Column('load_id', sa.BigInteger(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment='Rows written, by table.'),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.Column('finished_at', postgresql.TIMESTAMP(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.ForeignKeyConstraint(['load_id'], ['control.loads.load_id'], ),
    sa.PrimaryKeyConstraint('load_id', 'step', name=op.f('pk_load_steps')),
    schema='control',
    comment='Which steps of a load are done. A load closes when all of them are.'
    )
    op.add_column('loads', sa.Column('lease', postgresql.INTERVAL(), nullable=True, comment='How long after its last step others keep off; NULL: a process.'), schema='control')
    op.alter_column('loads', 'run_by',
               existing_type=sa.TEXT(),
               comment='User, host and process, or the DAG run.',
               existing_comment='User, host and process.',
               existing_nullable=False,
               schema='control')
    # Staging belongs to the load under way: it holds nothing that a migration must keep.
    op.execute('TRUNCATE stage.selections')
    op.drop_column('selections', 'compared', schema='stage')
    op.add_column('selections', sa.Column('load_id', sa.BigInteger(), nullable=False, comment='The load that staging belongs to.'), schema='stage')
    # What earlier loads wrote down stays known: timings by step, rows with the step that closed them.
    op.execute('''INSERT INTO control.load_steps (load_id, step, counts, seconds, finished_at)
SELECT load_id, step, CASE step WHEN 'close' THEN coalesce(counts, '{}') ELSE '{}' END, taken::double precision, finished_at
FROM control.loads, jsonb_each_text(seconds) AS timed (step, taken)
WHERE finished_at IS NOT NULL''')
    op.drop_column('loads', 'seconds', schema='control')
    op.drop_column('loads', 'counts', schema='control')
