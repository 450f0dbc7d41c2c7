-- name: told
SELECT (SELECT count(*) FROM zones.zone WHERE starts_with(code, $1)) AS zones,
       (SELECT count(*) FROM zones.power p JOIN zones.zone z ON z.id = p.zone
        WHERE starts_with(z.code, $1) AND p.withdrawn_at IS NULL) AS powers,
       (SELECT count(*) FROM sectors.sector WHERE starts_with(code, $1) AND dissolved_at IS NULL) AS sectors,
       (SELECT count(*) FROM offices.office WHERE starts_with(street, $1)) AS offices,
       (SELECT count(*) FROM offices.office WHERE starts_with(street, $1) AND tiers < former_tiers) AS flatter,
       (SELECT count(*) FROM coverage.gap WHERE starts_with(street, $1)) AS gaps,
       (SELECT count(*) FROM coverage.gap WHERE starts_with(street, $1) AND closed_at IS NULL) AS gaps_open,
       (SELECT count(*) FROM enclaves.enclave WHERE starts_with(place, $1)) AS enclaves,
       (SELECT count(*) FROM enclaves.enclave WHERE starts_with(place, $1) AND settled_at IS NULL) AS enclaves_open,
       (SELECT count(*) FROM enclaves.enclave
        WHERE starts_with(place, $1) AND settled_at IS NOT NULL AND adjoining) AS boundaries,
       (SELECT count(*) FROM enclaves.enclave
        WHERE starts_with(place, $1) AND settled_at IS NOT NULL AND NOT adjoining) AS transfers,
       (SELECT count(holder) FROM posts.post WHERE starts_with(place, $1) AND kind = 'ZONE_CHIEF') AS chiefs,
       (SELECT count(holder) FROM posts.post WHERE starts_with(place, $1) AND kind = 'SECTOR_CHIEF') AS sector_chiefs
