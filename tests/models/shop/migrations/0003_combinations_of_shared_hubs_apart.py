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
    op.create_table('orders_shared',
    sa.Column('customer_country', sa.Text(), nullable=True),
    sa.Column('customer_number', sa.Text(), nullable=True),
    sa.Column('product_sku', sa.Text(), nullable=True),
    sa.Column('customer_name', sa.Text(), nullable=True),
    sa.Column('customer_born_on', sa.Date(), nullable=True),
    sa.Column('customer_member_since', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('customer_settings', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('product_price', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('product_weight', sa.Double(), nullable=True),
    sa.Column('vegan', sa.Boolean(), nullable=True),
    sa.Column('product_ean', sa.Uuid(), nullable=True),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('stocks_shared',
    sa.Column('depot_code', sa.BigInteger(), nullable=True),
    sa.Column('product_sku', sa.Text(), nullable=True),
    sa.Column('product_pieces', sa.SmallInteger(), nullable=True),
    schema='stage',
    prefixes=['UNLOGGED']
    )
