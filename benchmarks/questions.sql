-- Sets have no order, and what is asked must not depend on chance: everything is sorted before it is drawn.

-- name: list
SELECT place FROM cases.case_row WHERE open GROUP BY place HAVING count(*) >= 20 AND max(grid) = place ORDER BY place

-- name: trace
SELECT id FROM cases.case_row WHERE number % (SELECT 1 + count(*) / 5000 FROM cases.case_row) = 0 ORDER BY number

-- name: dashboard
SELECT left(code, 9) AS street FROM grids.grid WHERE retired_at IS NULL GROUP BY 1 HAVING count(*) >= 100 ORDER BY 1

-- name: list_within
SELECT place FROM cases.case_row WHERE open AND starts_with(place, $1)
GROUP BY place HAVING count(*) >= 20 AND max(grid) = place ORDER BY place

-- name: trace_within
SELECT id FROM cases.case_row WHERE starts_with(place, $1) ORDER BY number LIMIT 5000

-- name: dashboard_within
SELECT left(code, 9) AS street FROM grids.grid WHERE retired_at IS NULL AND starts_with(code, $1)
GROUP BY 1 HAVING count(*) >= 100 ORDER BY 1
