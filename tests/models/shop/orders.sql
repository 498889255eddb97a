SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%';
