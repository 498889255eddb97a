-- Change %(share)s of the lessons, n in all: 50 %% are updated, 15 %% renamed, 10 %% moved to
-- another module, 5 %% soft-deleted, 5 %% hard-deleted, and 15 %% are added. One module in 500
-- changes is renamed too, at least one. The same seed picks the same lessons.
CREATE TEMPORARY TABLE picked ON COMMIT DROP AS
WITH counted AS (
    SELECT greatest(1, round(count(*) * %(share)s))::bigint AS n FROM stream_module_lesson
), placed AS (
    SELECT id, row_number() OVER (ORDER BY hashint8extended(id, %(seed)s), id) AS place
    FROM stream_module_lesson
)
SELECT id, place, n,
    CASE
        WHEN place <= ceil(n * 0.50) THEN 'updated'
        WHEN place <= ceil(n * 0.65) THEN 'renamed'
        WHEN place <= ceil(n * 0.75) THEN 'moved'
        WHEN place <= ceil(n * 0.80) THEN 'soft-deleted'
        WHEN place <= ceil(n * 0.85) THEN 'hard-deleted'
        ELSE 'added'
    END AS change
FROM placed, counted
WHERE place <= n;

UPDATE stream_module_lesson AS lesson
SET start_at = start_at + interval '1 day', end_at = end_at + interval '1 day'
FROM picked WHERE picked.id = lesson.id AND change = 'updated';

UPDATE stream_module_lesson AS lesson
SET title = left(title, 240) || ' (new)'
FROM picked WHERE picked.id = lesson.id AND change = 'renamed';

UPDATE stream_module_lesson AS lesson
SET stream_module_id = 1 + mod(stream_module_id, (SELECT max(id) FROM stream_module))
FROM picked WHERE picked.id = lesson.id AND change = 'moved';

UPDATE stream_module_lesson AS lesson
SET deleted_at = timestamp '2026-06-01 12:00:00'
FROM picked WHERE picked.id = lesson.id AND change = 'soft-deleted';

INSERT INTO stream_module_lesson (title, description, start_at, end_at, teacher_id, stream_module_id)
SELECT 'Added after ' || id, description, start_at, end_at, teacher_id, stream_module_id
FROM stream_module_lesson JOIN picked USING (id)
WHERE change = 'added'
ORDER BY id;

DELETE FROM stream_module_lesson AS lesson USING picked WHERE picked.id = lesson.id AND change = 'hard-deleted';

WITH renamed AS (
    SELECT id FROM stream_module
    ORDER BY hashint8extended(id, %(seed)s), id
    LIMIT (SELECT 1 + max(n) / 500 FROM picked)
)
UPDATE stream_module SET title = left(title, 240) || ' (new)', updated_at = timestamp '2026-06-01 12:00:00'
FROM renamed WHERE renamed.id = stream_module.id;

SELECT change || ' lessons', count(*) FROM picked GROUP BY change ORDER BY 1
