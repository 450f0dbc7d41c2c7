-- name: told
SELECT (SELECT count(*) FROM elements.element WHERE starts_with(grid, $1) AND retired_at IS NULL) AS elements,
       (SELECT count(*) FROM elements.coverage WHERE starts_with(grid, $1) AND active AND kinds = 5) AS covered,
       (SELECT count(*) FROM elements.coverage WHERE starts_with(grid, $1) AND active) AS grids,
       (SELECT count(*) FROM care.entry WHERE starts_with(grid, $1) AND exited_at IS NULL) AS cared,
       (SELECT coalesce(sum(unmet), 0) FROM care.entry WHERE starts_with(grid, $1) AND exited_at IS NULL) AS unmet,
       (SELECT count(*) FROM diary.entry WHERE starts_with(grid, $1)) AS noted,
       (SELECT count(*) FROM looks.look WHERE starts_with(grid, $1)) AS looks
