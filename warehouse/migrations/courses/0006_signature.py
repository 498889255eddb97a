"""signature

Revision: 0006
Revises: 0005
"""

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No table changes: this revision says which model the tables are of."""


# The model that this revision leads to.
signature = """
{
 "feeds": {
  "courses": {"applied": null, "grain": "course_module_lesson_stream", "load": "compare"}
 },
 "hubs": {
  "course": {
   "business_key": {
    "id": {"column": "course_id", "type": "integer"}
   },
   "plural": "courses"
  },
  "lesson": {
   "business_key": {
    "id": {"column": "lesson_id", "type": "integer"}
   },
   "plural": "lessons"
  },
  "module": {
   "business_key": {
    "id": {"column": "module_id", "type": "integer"}
   },
   "plural": "modules"
  },
  "stream": {
   "business_key": {
    "id": {"column": "stream_id", "type": "integer"}
   },
   "plural": "streams"
  }
 },
 "links": {
  "course_module_lesson_stream": {"driving_key": ["lesson"], "hubs": ["course", "lesson", "module", "stream"], "plural": "courses_modules_lessons_streams"}
 },
 "marts": {
  "course_module_lesson_stream": {
   "columns": {
    "h_course_id": {"column": "course_id", "low_cardinality": false},
    "h_course_title": {"column": "course_title", "low_cardinality": true},
    "h_lesson_id": {"column": "lesson_id", "low_cardinality": false},
    "h_lesson_title": {"column": "lesson_title", "low_cardinality": false},
    "h_module_id": {"column": "module_id", "low_cardinality": false},
    "h_module_title": {"column": "module_title", "low_cardinality": true},
    "h_stream_id": {"column": "stream_id", "low_cardinality": false},
    "h_stream_name": {"column": "stream_name", "low_cardinality": true},
    "l_module_order_in_stream": {"column": "module_order_in_stream", "low_cardinality": false},
    "s_course_created_at": {"column": "course_created_at", "low_cardinality": false},
    "s_course_deleted_at": {"column": "course_deleted_at", "low_cardinality": false},
    "s_course_icon_url": {"column": "course_icon_url", "low_cardinality": true},
    "s_course_is_auto_course_enroll": {"column": "course_is_auto_course_enroll", "low_cardinality": false},
    "s_course_is_demo_enroll": {"column": "course_is_demo_enroll", "low_cardinality": false},
    "s_course_updated_at": {"column": "course_updated_at", "low_cardinality": false},
    "s_lesson_deleted_at": {"column": "lesson_deleted_at", "low_cardinality": false},
    "s_lesson_description": {"column": "lesson_description", "low_cardinality": false},
    "s_lesson_end_at": {"column": "lesson_end_at", "low_cardinality": false},
    "s_lesson_homework_url": {"column": "lesson_homework_url", "low_cardinality": false},
    "s_lesson_online_lesson_join_url": {"column": "lesson_online_lesson_join_url", "low_cardinality": false},
    "s_lesson_online_lesson_recording_url": {"column": "lesson_online_lesson_recording_url", "low_cardinality": false},
    "s_lesson_start_at": {"column": "lesson_start_at", "low_cardinality": false},
    "s_lesson_teacher_id": {"column": "lesson_teacher_id", "low_cardinality": false},
    "s_module_created_at": {"column": "module_created_at", "low_cardinality": false},
    "s_module_deleted_at": {"column": "module_deleted_at", "low_cardinality": false},
    "s_module_updated_at": {"column": "module_updated_at", "low_cardinality": false},
    "s_stream_created_at": {"column": "stream_created_at", "low_cardinality": false},
    "s_stream_deleted_at": {"column": "stream_deleted_at", "low_cardinality": false},
    "s_stream_end_at": {"column": "stream_end_at", "low_cardinality": false},
    "s_stream_homework_deadline_days": {"column": "stream_homework_deadline_days", "low_cardinality": false},
    "s_stream_is_open": {"column": "stream_is_open", "low_cardinality": false},
    "s_stream_start_at": {"column": "stream_start_at", "low_cardinality": false},
    "s_stream_updated_at": {"column": "stream_updated_at", "low_cardinality": false}
   },
   "feed": "courses",
   "order_by": ["h_course_id", "h_stream_id", "h_module_id", "h_lesson_id"],
   "plural": "courses_modules_lessons_streams"
  }
 },
 "model": "courses",
 "satellites": {
  "course": {
   "attributes": {
    "created_at": {"column": "course_created_at", "type": "timestamp"},
    "deleted_at": {"column": "course_deleted_at", "type": "timestamp"},
    "icon_url": {"column": "course_icon_url", "type": "text"},
    "is_auto_course_enroll": {"column": "course_is_auto_course_enroll", "type": "boolean"},
    "is_demo_enroll": {"column": "course_is_demo_enroll", "type": "boolean"},
    "title": {"column": "course_title", "type": "text"},
    "updated_at": {"column": "course_updated_at", "type": "timestamp"}
   },
   "feed": "courses",
   "parent": "course",
   "plural": "courses"
  },
  "lesson": {
   "attributes": {
    "deleted_at": {"column": "lesson_deleted_at", "type": "timestamp"},
    "description": {"column": "lesson_description", "type": "text"},
    "end_at": {"column": "lesson_end_at", "type": "timestamp"},
    "homework_url": {"column": "lesson_homework_url", "type": "text"},
    "online_lesson_join_url": {"column": "lesson_online_lesson_join_url", "type": "text"},
    "online_lesson_recording_url": {"column": "lesson_online_lesson_recording_url", "type": "text"},
    "start_at": {"column": "lesson_start_at", "type": "timestamp"},
    "teacher_id": {"column": "lesson_teacher_id", "type": "integer"},
    "title": {"column": "lesson_title", "type": "text"}
   },
   "feed": "courses",
   "parent": "lesson",
   "plural": "lessons"
  },
  "module": {
   "attributes": {
    "created_at": {"column": "module_created_at", "type": "timestamp"},
    "deleted_at": {"column": "module_deleted_at", "type": "timestamp"},
    "order_in_stream": {"column": "module_order_in_stream", "type": "integer"},
    "title": {"column": "module_title", "type": "text"},
    "updated_at": {"column": "module_updated_at", "type": "timestamp"}
   },
   "feed": "courses",
   "parent": "module",
   "plural": "modules"
  },
  "stream": {
   "attributes": {
    "created_at": {"column": "stream_created_at", "type": "timestamp"},
    "deleted_at": {"column": "stream_deleted_at", "type": "timestamp"},
    "end_at": {"column": "stream_end_at", "type": "timestamp"},
    "homework_deadline_days": {"column": "stream_homework_deadline_days", "type": "integer"},
    "is_open": {"column": "stream_is_open", "type": "boolean"},
    "name": {"column": "stream_name", "type": "text"},
    "start_at": {"column": "stream_start_at", "type": "timestamp"},
    "updated_at": {"column": "stream_updated_at", "type": "timestamp"}
   },
   "feed": "courses",
   "parent": "stream",
   "plural": "streams"
  }
 },
 "source": "pg_datasource"
}
"""
