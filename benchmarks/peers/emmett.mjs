// Emmett's event store on PostgreSQL, driven by lines: node emmett.mjs DATABASE_URL CONNECTIONS
// Takes "CALLERS SECONDS", appends one event after another from so many callers, and says how many it appended.
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';

const LENGTH = 8; // events of one case; then the next case begins
const [connectionString, max] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString, max: Number(max) });
const store = getPostgreSQLEventStore(connectionString, { connectionOptions: { pool } });
await store.schema.migrate();

const data = {
  by: 'df9c1998-8070-58d3-bf6f-cecdef397b35',
  result: ['679abacb9d265328bc7466837117b725', 'HSUErvyJ1CKa6DES9Cyqx3vosRlE7UTNt5jbVUQpHW92GLeM4A=='],
};
const metadata = {
  actor: 'df9c1998-8070-58d3-bf6f-cecdef397b35', role: 'GRID_WORKER', unit: '120101001001-G001',
  scope: '120101001001-G001', place: '120101001001-G001',
};

async function call(until) {
  let appended = 0;
  for (;;) {
    const stream = `case-${randomUUID()}`;
    for (let version = 0; version < LENGTH; version += 1) {
      if (performance.now() >= until) return appended;
      const expectedStreamVersion = version === 0 ? 'STREAM_DOES_NOT_EXIST' : BigInt(version);
      await store.appendToStream(stream, [{ type: 'ResolvedOnSpot', data, metadata }], { expectedStreamVersion });
      appended += 1;
    }
  }
}

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [callers, seconds] = line.split(' ').map(Number);
  const began = performance.now();
  const counts = await Promise.all(Array.from({ length: callers }, () => call(began + 1000 * seconds)));
  const took = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ rate: counts.reduce((sum, count) => sum + count, 0) / took }));
}
process.exit(0);
