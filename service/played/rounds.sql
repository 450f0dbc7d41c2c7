-- name: told
SELECT (SELECT count(*) FROM patrols.patrol WHERE starts_with(grid, $1)) AS patrols,
       (SELECT count(*) FROM patrols.visit WHERE starts_with(grid, $1)) AS knocked,
       (SELECT count(*) FROM patrols.visit WHERE starts_with(grid, $1) AND outcome = 'MET') AS met,
       (SELECT count(*) FROM watches.watch WHERE starts_with(grid, $1)) AS watched,
       (SELECT coalesce(sum(looks), 0) FROM watches.watch WHERE starts_with(grid, $1)) AS looks,
       (SELECT count(*) FROM watches.concern WHERE starts_with(grid, $1)) AS concerns,
       (SELECT count(*) FROM watches.concern WHERE starts_with(grid, $1) AND cause = 'MISSED_CHECK') AS missed,
       (SELECT coalesce(sum(settled), 0) FROM campaigns.screening WHERE starts_with(grid, $1)) AS settled,
       (SELECT coalesce(sum(households), 0) FROM campaigns.screening WHERE starts_with(grid, $1)) AS households,
       (SELECT count(*) FROM campaigns.campaign WHERE starts_with(place, $1)) AS campaigns,
       (SELECT count(closed_at) FROM campaigns.campaign WHERE starts_with(place, $1)) AS closed,
       d.stewards, d.duties, d.reports
FROM (SELECT count(DISTINCT steward) AS stewards, count(*) AS duties,
             count(*) FILTER (WHERE duty = 'REPORT') AS reports
      FROM duties.duty WHERE starts_with(place, $1)) AS d
