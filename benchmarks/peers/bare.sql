-- name: list
SELECT c.id::text, c.number, c.status, c.tier, c.severity, c.reported_at, c.due_at, c.holder, c.assignee,
       g.code, g.name, g.households, w.id::text, w.label, w.serving_since, d.code, d.name, d.level
FROM cases.case_row c
LEFT JOIN grids.grid g ON g.code = c.grid
LEFT JOIN workers.worker w ON w.id = g.worker
LEFT JOIN divisions.division d ON d.code = c.community
WHERE c.place = $1 AND c.open
ORDER BY c.number DESC LIMIT 20

-- name: trace
SELECT h.status, h.tier, h.holder, h.position, h.type, e.version, e.occurred_at, e.meta, e.recorded_at,
       c.number, c.status, c.tier, c.reported_at
FROM cases.case_row c
JOIN history.entry h ON h.case_id = c.id
JOIN event e ON e.log = 1 AND e.position = h.position
WHERE c.id = $1
ORDER BY h.position

-- name: dashboard
SELECT g.code, g.name, g.households, w.label, t.counts
FROM grids.grid g
LEFT JOIN workers.worker w ON w.id = g.worker
LEFT JOIN tallies.tally t ON t.place = g.code
WHERE g.code >= $1 AND g.code < $1 || '~' AND g.retired_at IS NULL
ORDER BY g.code LIMIT 100

-- name: json_list
SELECT json_build_object('data', json_build_object('cases', json_build_object('nodes', coalesce(json_agg(
    json_build_object(
        'id', c.id, 'number', c.number, 'status', c.status, 'tier', c.tier, 'severity', c.severity,
        'reportedAt', c.reported_at, 'dueAt', c.due_at, 'holder', c.holder, 'assignee', c.assignee,
        'grid', CASE WHEN g.code IS NOT NULL THEN json_build_object(
            'code', g.code, 'name', g.name, 'households', g.households,
            'worker', CASE WHEN w.id IS NOT NULL THEN json_build_object(
                'id', w.id, 'label', w.label, 'servingSince', w.serving_since) END) END,
        'division', CASE WHEN d.code IS NOT NULL THEN json_build_object(
            'code', d.code, 'name', d.name, 'level', d.level) END)), '[]'))))::text
FROM (SELECT * FROM cases.case_row WHERE place = $1 AND open ORDER BY number DESC LIMIT 20) c
LEFT JOIN grids.grid g ON g.code = c.grid
LEFT JOIN workers.worker w ON w.id = g.worker
LEFT JOIN divisions.division d ON d.code = c.community

-- name: json_trace
SELECT json_build_object('data', json_build_object('case', (SELECT json_build_object(
    'id', c.id, 'number', c.number, 'status', c.status, 'tier', c.tier, 'reportedAt', c.reported_at,
    'history', (SELECT json_agg(json_build_object(
        'status', h.status, 'tier', h.tier, 'holder', h.holder,
        'event', json_build_object(
            'position', h.position, 'type', h.type, 'version', e.version, 'occurredAt', e.occurred_at,
            'recordedAt', e.recorded_at, 'place', e.meta -> 'place',
            'actor', json_build_object('id', e.meta -> 'actor', 'role', e.meta -> 'role',
                                       'unit', e.meta -> 'unit', 'scope', e.meta -> 'scope'))) ORDER BY h.position)
        FROM history.entry h JOIN event e ON e.log = 1 AND e.position = h.position WHERE h.case_id = c.id))
    FROM cases.case_row c WHERE c.id = $1)))::text

-- name: json_dashboard
SELECT json_build_object('data', json_build_object('grids', json_build_object('nodes', coalesce(json_agg(
    json_build_object(
        'code', g.code, 'name', g.name, 'households', g.households,
        'worker', CASE WHEN w.label IS NOT NULL THEN json_build_object('label', w.label) END,
        'tally', json_build_object(
            'cases', t.counts[1], 'open', t.counts[2], 'resolved', t.counts[8], 'resolvedOnSpot', t.counts[9],
            'closed', t.counts[10], 'rated', t.counts[16], 'answered', t.counts[17], 'solved', t.counts[18],
            'averageRating', CASE WHEN t.counts[16] > 0
                THEN round(t.counts[19]::numeric / t.counts[16], 4)::float8 END)) ORDER BY g.code), '[]'))))::text
FROM (SELECT * FROM grids.grid WHERE code >= $1 AND code < $1 || '~' AND retired_at IS NULL
      ORDER BY code LIMIT 100) g
LEFT JOIN workers.worker w ON w.id = g.worker
LEFT JOIN tallies.tally t ON t.place = g.code
