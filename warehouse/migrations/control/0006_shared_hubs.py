"""what staging knows of hubs that many rows share

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Hash keys are staged with the rows now: the load under way has to stage again.
    op.execute('TRUNCATE stage.selections')
    op.add_column('selections', sa.Column('shared_hubs', pg.ARRAY(sa.Text()), server_default='{}', nullable=False, comment="Hubs of which each combination is in the feed's shared table."), schema='stage')
