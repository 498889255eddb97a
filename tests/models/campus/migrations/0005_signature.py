"""signature

Revision: 0005
Revises: 0004
"""

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No table changes: this revision says which model the tables are of."""


# The model that this revision leads to.
signature = """
{
 "feeds": {
  "enrolments": {"applied": "seen_at", "grain": "student_group", "load": "delta"},
  "rooms": {"applied": null, "grain": "group_room", "load": "delta"}
 },
 "hubs": {
  "group": {
   "business_key": {
    "number": {"column": "group_number", "type": "integer"}
   },
   "plural": "groups"
  },
  "room": {
   "business_key": {
    "name": {"column": "room_name", "type": "text"}
   },
   "plural": "rooms"
  },
  "student": {
   "business_key": {
    "code": {"column": "student_code", "type": "text"}
   },
   "plural": "students"
  }
 },
 "links": {
  "group_room": {"driving_key": ["group"], "hubs": ["group", "room"], "plural": "groups_rooms"},
  "student_group": {"driving_key": ["student"], "hubs": ["group", "student"], "plural": "students_groups"}
 },
 "marts": {
  "enrolment": {
   "columns": {
    "code": {"column": "student_code", "low_cardinality": false},
    "email": {"column": "student_email", "low_cardinality": false},
    "group_number": {"column": "group_number", "low_cardinality": false},
    "name": {"column": "student_name", "low_cardinality": false}
   },
   "feed": "enrolments",
   "order_by": ["code"],
   "plural": "enrolments"
  },
  "room": {
   "columns": {
    "group_number": {"column": "group_number", "low_cardinality": false},
    "room": {"column": "room_name", "low_cardinality": false},
    "seats": {"column": "room_seats", "low_cardinality": false}
   },
   "feed": "rooms",
   "order_by": [],
   "plural": "rooms"
  }
 },
 "model": "campus",
 "satellites": {
  "room": {
   "attributes": {
    "seats": {"column": "room_seats", "type": "integer"}
   },
   "feed": "rooms",
   "parent": "room",
   "plural": "rooms"
  },
  "student": {
   "attributes": {
    "email": {"column": "student_email", "type": "text"},
    "name": {"column": "student_name", "type": "text"}
   },
   "feed": "enrolments",
   "parent": "student",
   "plural": "students"
  }
 },
 "source": "pg_datasource"
}
"""
