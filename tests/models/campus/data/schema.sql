CREATE TABLE enrolment (student_code text, group_number integer, student_name text, student_email text, seen_at timestamptz);
CREATE TABLE room (group_number integer, room_name text, room_seats integer);
