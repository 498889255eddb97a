"""a load under way stages again

Rows of shared hubs are kept apart now, where the insert steps look for them: a load whose rows were
compared before this revision has none there.

Revision: 0005
Revises: 0004
"""

from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('TRUNCATE stage.selections')


def downgrade() -> None:
    """What was staged is as good to the code before."""
