UPDATE stream_module_lesson SET deleted_at = '2026-05-05 05:05:05' WHERE id = 4
