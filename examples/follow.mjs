// Follows the events of a place over a WebSocket, with the reference client of graphql-transport-ws.
//
//     npm install                                                 once, in this folder
//     node follow.mjs                                             everything from now on
//     node follow.mjs ws://127.0.0.1:8000/graphql 120101001001    one community
//
// TOKEN in the environment is sent along. The cursor of the last event is kept in `follow.cursor`: end the
// program, start it again, and it goes on behind that event, whatever happened meanwhile.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url = 'ws://127.0.0.1:8000/graphql', place = null] = process.argv.slice(2);
const store = 'follow.cursor';
const query = `subscription ($place: String, $after: String) {
  events(place: $place, after: $after) { position cursor type place occurredAt }
}`;

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authToken: process.env.TOKEN }),
  retryAttempts: 0, // the library would ask again with the first cursor; the loop below uses the last one
  keepAlive: 10_000,
});

// The first time: begin behind the newest event. Asked before following, so that nothing falls between.
let after = existsSync(store) ? readFileSync(store, 'utf8') : await newest();

for (let waited = 0; ; waited++) {
  try {
    for await (const { data, errors } of client.iterate({ query, variables: { place, after } })) {
      if (errors) throw errors;
      const { position, cursor, type, place: where, occurredAt } = data.events;
      console.log(String(position).padStart(7), occurredAt, type.padEnd(20), where);
      writeFileSync(store, cursor); // where the work on an event goes to a database, keep the cursor there
      after = cursor;
      waited = 0;
    }
  } catch (reason) {
    if (Array.isArray(reason)) throw new Error(reason[0].message); // refused: another try would be refused too
    console.error('not connected:', reason.reason || reason.message || reason.code || reason);
  }
  await pause(Math.min(10_000, 250 * 2 ** waited)); // the server went away or was restarted: come back
}

async function newest() {
  const answer = await fetch(url.replace(/^ws/, 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ log { cursor } }' }),
  });
  return (await answer.json()).data.log.cursor;
}
