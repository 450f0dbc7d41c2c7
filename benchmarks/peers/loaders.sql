-- name: open_cases
SELECT id, number, status, tier, severity, reported_at, due_at, holder, assignee, grid AS grid_code, community
FROM cases.case_row WHERE place = $1 AND open ORDER BY number DESC LIMIT $2

-- name: case
SELECT id, number, status, tier, severity, reported_at, due_at, holder, assignee, grid AS grid_code, community
FROM cases.case_row WHERE id = $1

-- name: grids_of_place
SELECT code, name, households, worker AS worker_id FROM grids.grid
WHERE code >= $1 AND code < $1 || '~' AND retired_at IS NULL ORDER BY code LIMIT $2

-- name: grids
SELECT code, name, households, worker AS worker_id FROM grids.grid WHERE code = ANY($1)

-- name: divisions
SELECT code, name, level FROM divisions.division WHERE code = ANY($1)

-- name: workers
SELECT id, label, serving_since FROM workers.worker WHERE id = ANY($1)

-- name: tallies
SELECT place, counts FROM tallies.tally WHERE place = ANY($1)

-- name: history
SELECT h.case_id, h.status, h.tier, h.holder, h.position, h.type, e.version, e.occurred_at, e.recorded_at, e.meta
FROM history.entry h JOIN event e ON e.log = 1 AND e.position = h.position
WHERE h.case_id = ANY($1) ORDER BY h.case_id, h.position
