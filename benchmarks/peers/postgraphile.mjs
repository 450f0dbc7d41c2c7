// PostGraphile as it is run in production: node postgraphile.mjs PORT DATABASE_URL POOL SCHEMA
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/node';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const [port, connectionString, max, schema] = process.argv.slice(2);
const scoped = schema === 'scoped';
const preset = {
  extends: [PostGraphileAmberPreset],
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
