// The reference client of GraphQL over server-sent events (npm: graphql-sse) in distinct connections mode, and
// EventSource as browsers have it (npm: eventsource), which comes back with Last-Event-ID by itself.
import { EventSource } from 'eventsource';
import { createClient } from 'graphql-sse';
import { bearer, command, play, tell } from './scenarios.mjs';

const REPORT = `mutation ($input: ReportCaseInput!) {
  reportCase(input: $input) { case { id status } position errors { code } }
}`;
const EVENTS = `subscription ($after: String, $types: [String!]) {
  events(after: $after, types: $types) { position cursor type }
}`;

const connect = ({ http }, token, more) =>
  createClient({ url: http, headers: bearer(token), singleConnection: false, retryAttempts: 0, ...more });

async function first(client, query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
}

play({
  async operations(given) {
    const client = connect(given, given.tokens.streetOfficer);
    const { data: viewer } = await first(client, '{ viewer { role scope } }');
    const report = { category: '01001', gridCode: given.grid, text: '井盖丢失（示例）' };
    const { data: reported } = await first(client, REPORT, command(report));
    const { data: event } = await first(client, EVENTS, { after: given.after, types: ['CaseReported'] });
    client.dispose();
    return { viewer, reported, event };
  },

  async refused(given) {
    const invalid = await first(connect(given, given.tokens.streetOfficer), 'subscription { nothing }');
    const unauthenticated = await first(connect(given, 'no token'), EVENTS).catch(({ response }) => response.status);
    return { invalid: invalid.errors[0].extensions.code, unauthenticated };
  },

  async follows(given) {
    const variables = { after: given.after };
    const client = connect(given, given.tokens.administrator);
    for (;;) {
      try {
        for await (const { data } of client.iterate({ query: EVENTS, variables })) {
          variables.after = data.events.cursor;
          tell(data.events.position);
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  },

  listens(given) {
    const url = new URL(given.http);
    url.searchParams.set('query', EVENTS);
    url.searchParams.set('variables', JSON.stringify({ after: given.after }));
    const headers = bearer(given.tokens.administrator);
    const source = new EventSource(url, {
      fetch: (address, how) => fetch(address, { ...how, headers: { ...how.headers, ...headers } }),
    });
    source.addEventListener('next', ({ data, lastEventId }) => {
      const { cursor, position } = JSON.parse(data).data.events;
      tell(lastEventId === cursor ? position : 'the id of the frame is not the cursor');
    });
    setInterval(() => {}, 60_000); // an EventSource that waits for its next try does not keep Node alive
    return new Promise(() => {});
  },
});
