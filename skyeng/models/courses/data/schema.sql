-- Tables of the operational database of the school, as far as the warehouse reads them.
CREATE TABLE IF NOT EXISTS course (
    id serial PRIMARY KEY,
    title varchar(255),
    created_at timestamp DEFAULT now(),
    updated_at timestamp,
    deleted_at timestamp(0),
    icon_url varchar(255),
    is_auto_course_enroll boolean,
    is_demo_enroll boolean
);

CREATE TABLE IF NOT EXISTS stream (
    id serial PRIMARY KEY,
    course_id integer REFERENCES course,
    start_at timestamp,
    end_at timestamp,
    created_at timestamp DEFAULT now(),
    updated_at timestamp,
    deleted_at timestamp,
    is_open boolean,
    name varchar(255),
    homework_deadline_days integer DEFAULT 7
);

CREATE TABLE IF NOT EXISTS stream_module (
    id serial PRIMARY KEY,
    stream_id integer REFERENCES stream,
    title varchar(255),
    created_at timestamp DEFAULT now(),
    updated_at timestamp,
    order_in_stream integer,
    deleted_at timestamp
);

CREATE TABLE IF NOT EXISTS stream_module_lesson (
    id serial PRIMARY KEY,
    title varchar(255),
    description text,
    start_at timestamp,
    end_at timestamp,
    homework_url varchar(500),
    teacher_id integer,
    stream_module_id integer REFERENCES stream_module,
    deleted_at timestamp(0),
    online_lesson_join_url varchar(255),
    online_lesson_recording_url varchar(255)
);
