-- The tables of the read models and of the log, as a team would show them to PostGraphile: views with names for
-- people, keys and relations as smart tags. For askers with a scope the same views are made once more, in a schema
-- of their own: where it says "seen" and "masked" they look into the settings of the session.
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
CREATE VIEW peer.division AS SELECT code, name, level FROM divisions.division;
COMMENT ON VIEW peer.division IS '@primaryKey code';
CREATE VIEW peer.worker AS SELECT id, label, serving_since FROM workers.worker;
COMMENT ON VIEW peer.worker IS '@primaryKey id';
CREATE VIEW peer.tally AS
SELECT place, counts[1]::int AS cases, counts[2]::int AS open, counts[8]::int AS resolved,
       counts[9]::int AS resolved_on_spot, counts[10]::int AS closed, counts[16]::int AS rated,
       counts[17]::int AS answered, counts[18]::int AS solved,
       CASE WHEN counts[16] > 0 THEN round(counts[19]::numeric / counts[16], 4)::float8 END AS average_rating
FROM tallies.tally;
COMMENT ON VIEW peer.tally IS '@primaryKey place';
CREATE VIEW peer.grid AS
SELECT code, name, households, worker AS worker_id, community AS community_code FROM grids.grid
WHERE retired_at IS NULL;
COMMENT ON VIEW peer.grid IS $$
@primaryKey code
@foreignKey (worker_id) references worker (id)|@fieldName worker
@foreignKey (community_code) references division (code)|@fieldName community
@foreignKey (code) references tally (place)|@fieldName tally
$$;
CREATE VIEW peer.case AS
SELECT id, number, status, tier, severity, open, place, grid AS grid_code, community AS community_code, holder,
       assignee /* masked */ AS assignee, reported_at, due_at
FROM cases.case_row /* seen */;
COMMENT ON VIEW peer.case IS $$
@primaryKey id
@foreignKey (grid_code) references grid (code)|@fieldName grid
@foreignKey (community_code) references division (code)|@fieldName division
$$;
CREATE VIEW peer.entry AS
SELECT h.case_id, h.position, h.status, h.tier, h.holder, e.type, e.version, e.occurred_at, e.recorded_at,
       e.meta ->> 'place' AS place, e.meta ->> 'actor' /* masked */ AS actor_id, e.meta ->> 'role' AS role,
       e.meta ->> 'unit' AS unit, e.meta ->> 'scope' AS scope
FROM history.entry h JOIN public.event e ON e.log = 1 AND e.position = h.position;
COMMENT ON VIEW peer.entry IS $$
@primaryKey case_id,position
@behavior -query:resource:single -query:resource:list -query:resource:connection
@foreignKey (case_id) references case (id)|@foreignFieldName history
$$;
