-- name: page
SELECT {columns},
       (SELECT category FROM stream s WHERE s.log = e.log AND s.id = e.stream) AS category,
       (SELECT category FROM stream s WHERE s.log = e.log AND s.id = e.correlation) AS history
FROM event e
WHERE log = $1 AND position > $2 AND position <= $3
  AND ($4::uuid IS NULL OR correlation = $4)
  AND ($5::text IS NULL OR starts_with(meta ->> 'place', $5))
  AND ($6::timestamptz IS NULL OR occurred_at >= $6)
  AND ($7::timestamptz IS NULL OR occurred_at < $7)
ORDER BY position

-- name: categories
SELECT w.id, (SELECT category FROM stream s WHERE s.log = $1 AND s.id = w.id) AS category
FROM unnest($2::uuid[]) AS w (id)
