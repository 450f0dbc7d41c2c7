-- name: told
SELECT p.*, b.*, l.*, a.*,
       (SELECT count(*) FROM people.incentive WHERE starts_with(place, $1)) AS incentives
FROM (SELECT count(holder) FILTER (WHERE kind = 'GRID_LEADER') AS leaders,
             count(holder) FILTER (WHERE kind = ANY($4)) AS auxiliaries,
             count(DISTINCT place) FILTER (WHERE kind = ANY($4)) AS helped
      FROM posts.post WHERE starts_with(place, $1)) AS p,
     (SELECT count(*) AS members, count(*) FILTER (WHERE party AND residents) AS in_both
      FROM (SELECT bool_or(kind = ANY($2)) AS party, bool_or(kind = ANY($3)) AS residents
            FROM posts.post
            WHERE starts_with(place, $1) AND holder IS NOT NULL AND kind = ANY($2 || $3)
            GROUP BY place, holder) AS m) AS b,
     (SELECT count(*) AS led, count(*) FILTER (WHERE concurrent) AS concurrent
      FROM posts.leadership WHERE starts_with(place, $1)) AS l,
     (SELECT count(*) AS appraisals, coalesce(avg(points), 0)::float8 AS points
      FROM people.appraisal WHERE starts_with(place, $1)) AS a
