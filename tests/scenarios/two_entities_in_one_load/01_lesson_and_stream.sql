UPDATE stream_module_lesson SET teacher_id = 7 WHERE id = 36;
UPDATE stream SET is_open = false, updated_at = '2026-01-01' WHERE id = 1
