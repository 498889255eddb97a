"""shop

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

    op.create_table('orders_changes',
    sa.Column('load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=True),
    schema='control'
    )
    op.create_index('ix_orders_changes_load_ts', 'orders_changes', ['load_ts'], unique=False, schema='control', postgresql_using='brin')
    op.create_table('orders_rows',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('row_key', name=op.f('pk_orders_rows')),
    schema='control'
    )
    op.create_table('stocks_changes',
    sa.Column('load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=True),
    schema='control'
    )
    op.create_index('ix_stocks_changes_load_ts', 'stocks_changes', ['load_ts'], unique=False, schema='control', postgresql_using='brin')
    op.create_table('stocks_rows',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('row_key', name=op.f('pk_stocks_rows')),
    schema='control'
    )
    op.create_table('orders',
    sa.Column('customer_country', sa.Text(), nullable=True),
    sa.Column('customer_number', sa.Text(), nullable=True),
    sa.Column('customer_name', sa.Text(), nullable=True),
    sa.Column('customer_born_on', sa.Date(), nullable=True),
    sa.Column('customer_member_since', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('customer_settings', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('product_sku', sa.Text(), nullable=True),
    sa.Column('product_price', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('product_weight', sa.Double(), nullable=True),
    sa.Column('vegan', sa.Boolean(), nullable=True),
    sa.Column('product_ean', sa.Uuid(), nullable=True),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.Column('row_key', sa.Uuid(), nullable=False),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('orders_gone',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('stocks',
    sa.Column('depot_code', sa.BigInteger(), nullable=True),
    sa.Column('product_sku', sa.Text(), nullable=True),
    sa.Column('product_pieces', sa.SmallInteger(), nullable=True),
    sa.Column('row_hash', sa.BigInteger(), nullable=False),
    sa.Column('row_key', sa.Uuid(), nullable=False),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('stocks_gone',
    sa.Column('row_key', sa.Uuid(), nullable=False),
    schema='stage',
    prefixes=['UNLOGGED']
    )
    op.create_table('h_customers',
    sa.Column('h_customer_hk', sa.Uuid(), nullable=False),
    sa.Column('h_customer_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_customer_record_source', sa.Text(), nullable=False),
    sa.Column('h_customer_country', sa.Text(), nullable=True),
    sa.Column('h_customer_number', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('h_customer_hk', name=op.f('pk_h_customers')),
    schema='vault'
    )
    op.create_index('ix_h_customers_load_ts', 'h_customers', ['h_customer_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('h_depots',
    sa.Column('h_depot_hk', sa.Uuid(), nullable=False),
    sa.Column('h_depot_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_depot_record_source', sa.Text(), nullable=False),
    sa.Column('h_depot_code', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('h_depot_hk', name=op.f('pk_h_depots')),
    schema='vault'
    )
    op.create_index('ix_h_depots_load_ts', 'h_depots', ['h_depot_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('h_products',
    sa.Column('h_product_hk', sa.Uuid(), nullable=False),
    sa.Column('h_product_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('h_product_record_source', sa.Text(), nullable=False),
    sa.Column('h_product_sku', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('h_product_hk', name=op.f('pk_h_products')),
    schema='vault'
    )
    op.create_index('ix_h_products_load_ts', 'h_products', ['h_product_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('l_customers_products',
    sa.Column('l_customer_product_hk', sa.Uuid(), nullable=False),
    sa.Column('l_customer_product_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('l_customer_product_record_source', sa.Text(), nullable=False),
    sa.Column('h_customer_hk', sa.Uuid(), nullable=False),
    sa.Column('h_product_hk', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('l_customer_product_hk', name=op.f('pk_l_customers_products')),
    schema='vault'
    )
    op.create_index('ix_l_customers_products_load_ts', 'l_customers_products', ['l_customer_product_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('l_depots_products',
    sa.Column('l_depot_product_hk', sa.Uuid(), nullable=False),
    sa.Column('l_depot_product_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('l_depot_product_record_source', sa.Text(), nullable=False),
    sa.Column('h_depot_hk', sa.Uuid(), nullable=False),
    sa.Column('h_product_hk', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('l_depot_product_hk', name=op.f('pk_l_depots_products')),
    schema='vault'
    )
    op.create_index('ix_l_depots_products_load_ts', 'l_depots_products', ['l_depot_product_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_customers',
    sa.Column('h_customer_hk', sa.Uuid(), nullable=False),
    sa.Column('s_customer_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_customer_record_source', sa.Text(), nullable=False),
    sa.Column('s_customer_name', sa.Text(), nullable=True),
    sa.Column('s_customer_born_on', sa.Date(), nullable=True),
    sa.Column('s_customer_member_since', postgresql.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('s_customer_settings', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('s_customer_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_customer_hk', 's_customer_load_ts', name=op.f('pk_s_customers')),
    schema='vault'
    )
    op.create_index('ix_s_customers_load_ts', 's_customers', ['s_customer_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_customers_products_effectivity',
    sa.Column('l_customer_product_hk', sa.Uuid(), nullable=False),
    sa.Column('s_customer_product_effectivity_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_customer_product_effectivity_record_source', sa.Text(), nullable=False),
    sa.Column('s_customer_product_effectivity_is_active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('l_customer_product_hk', 's_customer_product_effectivity_load_ts', name=op.f('pk_s_customers_products_effectivity')),
    schema='vault'
    )
    op.create_index('ix_s_customers_products_effectivity_load_ts', 's_customers_products_effectivity', ['s_customer_product_effectivity_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_depots_products_effectivity',
    sa.Column('l_depot_product_hk', sa.Uuid(), nullable=False),
    sa.Column('s_depot_product_effectivity_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_depot_product_effectivity_record_source', sa.Text(), nullable=False),
    sa.Column('s_depot_product_effectivity_is_active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('l_depot_product_hk', 's_depot_product_effectivity_load_ts', name=op.f('pk_s_depots_products_effectivity')),
    schema='vault'
    )
    op.create_index('ix_s_depots_products_effectivity_load_ts', 's_depots_products_effectivity', ['s_depot_product_effectivity_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_products_offers',
    sa.Column('h_product_hk', sa.Uuid(), nullable=False),
    sa.Column('s_product_offer_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_product_offer_record_source', sa.Text(), nullable=False),
    sa.Column('s_product_offer_price', sa.Numeric(precision=12, scale=2), nullable=True),
    sa.Column('s_product_offer_weight', sa.Double(), nullable=True),
    sa.Column('s_product_offer_is_vegan', sa.Boolean(), nullable=True),
    sa.Column('s_product_offer_ean', sa.Uuid(), nullable=True),
    sa.Column('s_product_offer_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_product_hk', 's_product_offer_load_ts', name=op.f('pk_s_products_offers')),
    schema='vault'
    )
    op.create_index('ix_s_products_offers_load_ts', 's_products_offers', ['s_product_offer_load_ts'], unique=False, schema='vault', postgresql_using='brin')
    op.create_table('s_products_stocks',
    sa.Column('h_product_hk', sa.Uuid(), nullable=False),
    sa.Column('s_product_stock_load_ts', postgresql.TIMESTAMP(timezone=True), nullable=False),
    sa.Column('s_product_stock_record_source', sa.Text(), nullable=False),
    sa.Column('s_product_stock_pieces', sa.SmallInteger(), nullable=True),
    sa.Column('s_product_stock_hashdiff', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('h_product_hk', 's_product_stock_load_ts', name=op.f('pk_s_products_stocks')),
    schema='vault'
    )
    op.create_index('ix_s_products_stocks_load_ts', 's_products_stocks', ['s_product_stock_load_ts'], unique=False, schema='vault', postgresql_using='brin')
