// mercurius with its JIT and loaders on fastify and pg: node mercurius.mjs PORT DATABASE_URL POOL
import Fastify from 'fastify';
import mercurius from 'mercurius';
import pg from 'pg';

const [port, connectionString, max] = process.argv.slice(2);
pg.types.setTypeParser(20, Number); // bigint: positions stay far below 2^53
pg.types.setTypeParser(1016, (text) => text.slice(1, -1).split(',').map(Number)); // bigint[]
pg.types.setTypeParser(114, (text) => text); // json is parsed where it is wanted
pg.types.setTypeParser(1184, (text) => `${text.replace(' ', 'T')}:00`); // timestamptz in UTC, as a text
const pool = new pg.Pool({ connectionString, max: Number(max), options: '-c timezone=UTC -c jit=off' });
const fetch = async (name, text, ...values) => (await pool.query({ name, text, values })).rows;

const schema = `
  type Division { code: String! name: String! level: String! }
  type Worker { id: ID! label: String! servingSince: String }
  type Tally {
    cases: Int! open: Int! resolved: Int! resolvedOnSpot: Int! closed: Int! rated: Int! answered: Int! solved: Int!
    averageRating: Float
  }
  type Grid { code: String! name: String! households: Int! worker: Worker tally: Tally }
  type Actor { id: String! role: String! unit: String! scope: String }
  type Event {
    position: Float! type: String! version: Int! occurredAt: String! recordedAt: String! place: String! actor: Actor!
  }
  type Entry { status: String! tier: String holder: String! event: Event! }
  type Case {
    id: ID! number: Float! status: String! tier: String severity: String! reportedAt: String! dueAt: String
    holder: String! assignee: String grid: Grid division: Division history: [Entry!]!
  }
  type Query {
    openCases(grid: String!, first: Int = 20): [Case!]!
    case(id: ID!): Case
    grids(place: String!, first: Int = 100): [Grid!]!
  }
`;

const CASE = `SELECT id, number, status, tier, severity, reported_at AS "reportedAt", due_at AS "dueAt", holder,
  assignee, grid AS "gridCode", community FROM cases.case_row`;
const GRID = 'SELECT code, name, households, worker AS "workerId" FROM grids.grid';

const resolvers = {
  Query: {
    openCases: (_, { grid, first }) =>
      fetch('open_cases', `${CASE} WHERE place = $1 AND open ORDER BY number DESC LIMIT $2`, grid, first),
    case: async (_, { id }) => (await fetch('case', `${CASE} WHERE id = $1`, id))[0],
    grids: (_, { place, first }) =>
      fetch(
        'grids_of_place',
        `${GRID} WHERE code >= $1 AND code < $1 || '~' AND retired_at IS NULL ORDER BY code LIMIT $2`,
        place,
        first,
      ),
  },
};

/** A loader of rows by one of their columns; `key` gives the value that an object asks for. */
const by = (name, text, column, key) => async (queries) => {
  const wanted = queries.map(({ obj }) => obj[key]);
  const rows = await fetch(name, text, wanted);
  const found = new Map(rows.map((row) => [row[column], row]));
  return wanted.map((value) => found.get(value));
};

function tally({ counts }) {
  const rated = counts[15];
  return {
    cases: counts[0], open: counts[1], resolved: counts[7], resolvedOnSpot: counts[8], closed: counts[9], rated,
    answered: counts[16], solved: counts[17],
    averageRating: rated ? Math.round((counts[18] / rated) * 10000) / 10000 : null,
  };
}

async function histories(queries) {
  const ids = queries.map(({ obj }) => obj.id);
  const rows = await fetch(
    'history',
    `SELECT h.case_id, h.status, h.tier, h.holder, h.position, h.type, e.version, e.occurred_at, e.recorded_at, e.meta
     FROM history.entry h JOIN event e ON e.log = 1 AND e.position = h.position
     WHERE h.case_id = ANY($1) ORDER BY h.case_id, h.position`,
    ids,
  );
  const found = new Map(ids.map((id) => [id, []]));
  for (const row of rows) {
    const { actor: id, role, unit, scope, place } = JSON.parse(row.meta);
    found.get(row.case_id).push({
      status: row.status, tier: row.tier, holder: row.holder,
      event: {
        position: row.position, type: row.type, version: row.version, occurredAt: row.occurred_at,
        recordedAt: row.recorded_at, place, actor: { id, role, unit, scope },
      },
    });
  }
  return ids.map((id) => found.get(id));
}

const loaders = {
  Case: {
    grid: by('grids', `${GRID} WHERE code = ANY($1)`, 'code', 'gridCode'),
    division: by('divisions', 'SELECT code, name, level FROM divisions.division WHERE code = ANY($1)', 'code', 'community'),
    history: histories,
  },
  Grid: {
    worker: by(
      'workers',
      'SELECT id, label, serving_since AS "servingSince" FROM workers.worker WHERE id = ANY($1)',
      'id',
      'workerId',
    ),
    tally: async (queries) => {
      const codes = queries.map(({ obj }) => obj.code);
      const rows = await fetch('tallies', 'SELECT place, counts FROM tallies.tally WHERE place = ANY($1)', codes);
      const found = new Map(rows.map((row) => [row.place, tally(row)]));
      return codes.map((code) => found.get(code));
    },
  },
};

const app = Fastify({ logger: false });
app.register(mercurius, { schema, resolvers, loaders, jit: 1, cache: true });
await app.listen({ port: Number(port), host: '127.0.0.1' });
console.log('ready');
