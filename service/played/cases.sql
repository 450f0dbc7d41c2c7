-- name: told
SELECT (SELECT count(*) FROM whistles.whistle WHERE starts_with(street, $1)) AS whistles,
       s.summoned, s.signed, s.checked_in, s.answered, s.refused, g.grids, g.households, g.seated,
       (SELECT count(contact) FROM workers.worker WHERE starts_with(community, $1)) AS published
FROM (SELECT count(*) AS summoned, count(signed_at) AS signed, count(checked_in_at) AS checked_in,
             count(answered_at) AS answered, count(refused_at) AS refused
      FROM whistles.summons WHERE starts_with(street, $1)) AS s,
     (SELECT count(*) AS grids, coalesce(sum(households), 0)::bigint AS households, count(worker) AS seated
      FROM grids.grid WHERE starts_with(code, $1) AND retired_at IS NULL) AS g

-- name: tiers
SELECT t.name, count(c.id) AS count, count(c.id) FILTER (WHERE c.open) AS open
FROM unnest($2::text[]) WITH ORDINALITY AS t (name, rank)
LEFT JOIN cases.case_row c ON c.tier = t.name AND starts_with(c.community, $1)
GROUP BY t.rank, t.name ORDER BY t.rank

-- name: linkages
SELECT l.name, count(w.id) AS count
FROM unnest($2::text[]) WITH ORDINALITY AS l (name, rank)
LEFT JOIN whistles.whistle w ON w.linkage = l.name AND starts_with(w.street, $1)
GROUP BY l.rank, l.name ORDER BY l.rank
