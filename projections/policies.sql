-- name: tables
CREATE TABLE policy (
    position       bigint PRIMARY KEY,
    version        text        NOT NULL,
    effective_from date        NOT NULL,
    adopted_at     timestamptz NOT NULL,
    document       text        NOT NULL
);

-- name: adopted
SELECT e.position, e.type, e.data
FROM public.stream s
JOIN public.event e ON e.log = s.log AND e.stream = s.id AND e.position BETWEEN s.first_position AND s.last_position
WHERE s.log = $1 AND s.id = $2
ORDER BY e.position

-- name: last
SELECT last_position FROM public.stream WHERE log = $1 AND id = $2
