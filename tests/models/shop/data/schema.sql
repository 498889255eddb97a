CREATE TABLE flat_order (
    customer_country text, customer_number text, customer_name text, customer_born_on date,
    customer_member_since timestamptz, customer_settings jsonb,
    product_sku text, product_price numeric(12,2), product_weight double precision, vegan boolean,
    product_ean uuid, note text DEFAULT ''
);
CREATE TABLE stock (code bigint, sku varchar(20), pieces smallint);
