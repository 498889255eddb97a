SELECT student_code, group_number, student_name, student_email, seen_at FROM enrolment
