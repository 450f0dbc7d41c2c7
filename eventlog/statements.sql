-- name: append
SELECT * FROM append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                     $19, $20, $21, $22, $23, $24, $25, $26)

-- name: stream
SELECT e.version, e.type, e.data
FROM stream s
JOIN event e ON e.log = s.log AND e.stream = s.id AND e.position BETWEEN s.first_position AND s.last_position
WHERE s.log = $1 AND s.id = $2
ORDER BY e.version

-- name: version
SELECT version FROM stream WHERE log = $1 AND id = $2

-- name: category
SELECT category FROM stream WHERE log = $1 AND id = $2

-- name: head
SELECT position, leaf_hash FROM event WHERE log = $1 ORDER BY position DESC LIMIT 1

-- name: command
SELECT request_hash, result, last_position FROM command WHERE log = $1 AND id = $2

-- name: proof
SELECT leaf_hash FROM event WHERE log = $1 AND position = $2

-- name: history
SELECT history FROM log WHERE id = $1
