UPDATE stream_module_lesson SET start_at = '2026-02-03 04:05:06.123456', end_at = '1969-12-31 23:59:59.999999' WHERE id = 1;
UPDATE stream_module_lesson SET start_at = '2107-01-01', end_at = '1899-06-01 00:00:00.5' WHERE id = 2;
UPDATE stream_module_lesson SET start_at = '0001-01-01', end_at = '9999-12-31 23:59:59.999999' WHERE id = 3
