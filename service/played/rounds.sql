-- name: told
SELECT (SELECT count(*) FROM patrols.patrol WHERE starts_with(grid, $1)) AS patrols,
       (SELECT count(*) FROM patrols.visit WHERE starts_with(grid, $1)) AS knocked,
       (SELECT count(*) FROM patrols.visit WHERE starts_with(grid, $1) AND outcome = 'MET') AS met,
       (SELECT count(*) FROM watches.watch WHERE starts_with(grid, $1) AND ended_at IS NULL) AS watched,
       (SELECT coalesce(sum(looks), 0) FROM watches.watch WHERE starts_with(grid, $1)) AS looks,
       (SELECT count(*) FROM watches.concern WHERE starts_with(grid, $1)) AS concerns,
       (SELECT count(*) FROM watches.concern WHERE starts_with(grid, $1) AND cause = 'MISSED_CHECK') AS missed,
       (SELECT coalesce(sum(settled), 0) FROM campaigns.screening WHERE starts_with(grid, $1)) AS settled,
       (SELECT coalesce(sum(households), 0) FROM campaigns.screening WHERE starts_with(grid, $1)) AS households
