"""signature

Revision: 0004
Revises: 0003
"""

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No table changes: this revision says which model the tables are of."""


# The model that this revision leads to.
signature = """
{
 "feeds": {
  "orders": {"applied": null, "grain": "customer_product", "load": "compare"},
  "stocks": {"applied": null, "grain": "depot_product", "load": "compare"}
 },
 "hubs": {
  "customer": {
   "business_key": {
    "country": {"column": "customer_country", "type": "text"},
    "number": {"column": "customer_number", "type": "text"}
   },
   "plural": "customers"
  },
  "depot": {
   "business_key": {
    "code": {"column": "depot_code", "type": "bigint"}
   },
   "plural": "depots"
  },
  "product": {
   "business_key": {
    "sku": {"column": "product_sku", "type": "text"}
   },
   "plural": "products"
  }
 },
 "links": {
  "customer_product": {"driving_key": [], "hubs": ["customer", "product"], "plural": "customers_products"},
  "depot_product": {"driving_key": [], "hubs": ["depot", "product"], "plural": "depots_products"}
 },
 "marts": {
  "order": {
   "columns": {
    "born_on": {"column": "customer_born_on", "low_cardinality": false},
    "country": {"column": "customer_country", "low_cardinality": false},
    "ean": {"column": "product_ean", "low_cardinality": false},
    "is_vegan": {"column": "vegan", "low_cardinality": false},
    "member_since": {"column": "customer_member_since", "low_cardinality": false},
    "name": {"column": "customer_name", "low_cardinality": true},
    "number": {"column": "customer_number", "low_cardinality": false},
    "price": {"column": "product_price", "low_cardinality": false},
    "settings": {"column": "customer_settings", "low_cardinality": false},
    "sku": {"column": "product_sku", "low_cardinality": false},
    "weight": {"column": "product_weight", "low_cardinality": false}
   },
   "feed": "orders",
   "order_by": ["sku"],
   "plural": "orders"
  },
  "stock": {
   "columns": {
    "code": {"column": "depot_code", "low_cardinality": false},
    "pieces": {"column": "product_pieces", "low_cardinality": false},
    "sku": {"column": "product_sku", "low_cardinality": false}
   },
   "feed": "stocks",
   "order_by": [],
   "plural": "stocks"
  }
 },
 "model": "shop",
 "satellites": {
  "customer": {
   "attributes": {
    "born_on": {"column": "customer_born_on", "type": "date"},
    "member_since": {"column": "customer_member_since", "type": "timestamptz"},
    "name": {"column": "customer_name", "type": "text"},
    "settings": {"column": "customer_settings", "type": "jsonb"}
   },
   "feed": "orders",
   "parent": "customer",
   "plural": "customers"
  },
  "product_offer": {
   "attributes": {
    "ean": {"column": "product_ean", "type": "uuid"},
    "is_vegan": {"column": "vegan", "type": "boolean"},
    "price": {"column": "product_price", "type": "numeric(12,2)"},
    "weight": {"column": "product_weight", "type": "double"}
   },
   "feed": "orders",
   "parent": "product",
   "plural": "products_offers"
  },
  "product_stock": {
   "attributes": {
    "pieces": {"column": "product_pieces", "type": "smallint"}
   },
   "feed": "stocks",
   "parent": "product",
   "plural": "products_stocks"
  }
 },
 "source": "pg_datasource"
}
"""
