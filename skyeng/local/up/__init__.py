"""Everything on a laptop, without docker: the embedded servers and Airflow, started and stopped as one."""
