DELETE FROM stream_module_lesson l USING stream_module m, stream s WHERE l.stream_module_id = m.id AND m.stream_id = s.id AND s.course_id = 3;
DELETE FROM stream_module m USING stream s WHERE m.stream_id = s.id AND s.course_id = 3;
DELETE FROM stream WHERE course_id = 3;
DELETE FROM course WHERE id = 3
