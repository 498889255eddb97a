UPDATE stream SET course_id = 1 WHERE id = 6
