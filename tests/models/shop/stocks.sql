SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
