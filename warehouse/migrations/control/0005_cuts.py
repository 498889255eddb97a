"""rows are cut by their place

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
    op.create_table('cuts',
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('feed', sa.Text(), nullable=False),
    sa.Column('placed_by', sa.Text(), nullable=False, comment="The column that is a row's place; empty for none."),
    sa.Column('shift', sa.SmallInteger(), nullable=False, comment='A bucket holds 2^shift places.'),
    sa.Column('hashed', sa.Integer(), nullable=False, comment='Buckets of rows without a place.'),
    sa.PrimaryKeyConstraint('model', 'feed', name=op.f('pk_cuts')),
    schema='control',
    comment='How the rows of a feed are cut into the buckets of <feed>_buckets.'
    )
    _begin_anew()
    for name in ('buckets', 'bitmap', 'added', 'removed'):
        op.drop_column('selections', name, schema='stage')
    op.add_column('selections', sa.Column('shift', sa.SmallInteger(), nullable=False, comment='A bucket holds 2^shift places.'), schema='stage')
    op.add_column('selections', sa.Column('hashed', sa.Integer(), nullable=False, comment='Buckets of rows without a place.'), schema='stage')
    op.add_column('selections', sa.Column('places', postgresql.ARRAY(sa.BigInteger()), server_default='{}', nullable=False, comment='Places whose rows are staged.'), schema='stage')
    op.add_column('selections', sa.Column('buckets', postgresql.ARRAY(sa.BigInteger()), server_default='{}', nullable=False, comment='Buckets whose rows are staged, all of them.'), schema='stage')
    op.add_column('selections', sa.Column('everything', sa.Boolean(), nullable=False, comment='All rows are staged.'), schema='stage')
    op.create_table_comment('selections', 'Which rows of the source were staged by the load under way.', existing_comment='Which buckets of the source were staged by the load under way.', schema='stage')


def _begin_anew() -> None:
    """Staging belongs to the load under way, which has to stage again."""
    op.execute('TRUNCATE stage.selections')
