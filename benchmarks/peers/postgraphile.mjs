// PostGraphile as it is run in production: node postgraphile.mjs PORT DATABASE_URL POOL SCHEMA
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/node';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { TYPES } from 'postgraphile/@dataplan/pg';
import { addPgTableCondition } from 'postgraphile/utils';

const [port, connectionString, max, schema] = process.argv.slice(2);
const scoped = schema === 'scoped';
// By range, so that an index serves it; as a function that returns grids, relations would be fetched apart.
const within = addPgTableCondition(
  { schemaName: schema, tableName: 'grid' },
  'within',
  (build) => ({ type: build.graphql.GraphQLString }),
  (place, { sql, sqlTableAlias: grid, sqlValueWithCodec }) => {
    const code = sqlValueWithCodec(place, TYPES.text);
    return sql`${grid}.code >= ${code} and ${grid}.code < ${code} || '~'`;
  },
);
const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [within],
  pgServices: [
    makePgService({
      connectionString,
      schemas: [schema],
      pubsub: false,
      poolConfig: { max: Number(max) },
    }),
  ],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false, websockets: false },
  grafast: {
    explain: false,
    context: ({ node }) =>
      scoped
        ? { pgSettings: { 'actor.role': node.req.headers['x-role'], 'actor.scope': node.req.headers['x-scope'] } }
        : {},
  },
};
const pgl = postgraphile(preset);
if (process.env.PRINT) {
  const { printSchema } = await import('postgraphile/graphql');
  console.log(printSchema(await pgl.getSchema()));
  process.exit(0);
}
const serv = pgl.createServ(grafserv);
const server = createServer();
server.on('error', (error) => {
  throw error;
});
await serv.addTo(server);
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
