// Follows the events of a place as server-sent events, with graphql-sse in distinct-connections mode.
//
//     npm install                                                       once, in this folder
//     node follow_sse.mjs                                               everything from now on
//     node follow_sse.mjs http://127.0.0.1:8000/graphql 120101001001    one community
//
// For places where only plain HTTP passes. TOKEN in the environment is sent along. The cursor of the last event
// is kept in `follow_sse.cursor`: end the program, start it again, and it goes on behind that event.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-sse';

const [url = 'http://127.0.0.1:8000/graphql', place = null] = process.argv.slice(2);
const store = 'follow_sse.cursor';
const headers = process.env.TOKEN ? { authorization: `Bearer ${process.env.TOKEN}` } : {};
const query = `subscription ($place: String, $after: String) {
  events(place: $place, after: $after) { position cursor type place occurredAt }
}`;

const client = createClient({ url, headers, retryAttempts: 0 });

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
    console.error('not connected:', reason.message ?? reason);
  }
  await pause(Math.min(10_000, 250 * 2 ** waited)); // the server went away or was restarted: come back
}

async function newest() {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ log { cursor } }' }),
  });
  return (await answer.json()).data.log.cursor;
}
