"""Everything on one machine, without docker: embedded servers, an HTTP endpoint for ClickHouse, Airflow."""
