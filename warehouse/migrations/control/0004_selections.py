"""what staging knows of single rows and hubs

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Bitmaps are of another cut: the load under way has to stage again.
    op.execute('TRUNCATE stage.selections')
    op.add_column('selections', sa.Column('added', pg.ARRAY(sa.BigInteger()), server_default='{}', nullable=False, comment='Row hashes of single rows that only the source has.'), schema='stage')
    op.add_column('selections', sa.Column('removed', pg.ARRAY(sa.BigInteger()), server_default='{}', nullable=False, comment='Row hashes of single rows that only the warehouse has.'), schema='stage')
    op.add_column('selections', sa.Column('unique_hubs', pg.ARRAY(sa.Text()), server_default='{}', nullable=False, comment='Hubs of which no key stands in two staged rows.'), schema='stage')

    op.add_column('selections', sa.Column('rows_held', sa.BigInteger(), server_default='0', nullable=False, comment='Rows of the feed that the warehouse held before.'), schema='stage')
    op.drop_table('fingerprints', schema='stage')
