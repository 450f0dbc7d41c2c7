// The reference client of graphql-transport-ws (npm: graphql-ws), and bare sockets for what it would never send.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { command, play, tell } from './scenarios.mjs';

const REPORT = `mutation ($input: ReportCaseInput!) {
  reportCase(input: $input) { case { id status } position errors { code } }
}`;
const EVENTS = `subscription ($after: String, $types: [String!]) {
  events(after: $after, types: $types) { position cursor type }
}`;

const connect = ({ ws }, token, more) =>
  createClient({
    url: ws,
    webSocketImpl: WebSocket,
    connectionParams: token ? { authToken: token } : {},
    retryAttempts: 0,
    ...more,
  });

const codes = (errors) => errors.map(({ extensions }) => extensions.code);

async function first(client, query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
}

/** The close event or error with which an operation ends, and how often the client connected for it. */
async function ended(given, token, more) {
  let connections = 0;
  const on = { connecting: () => connections++ };
  try {
    const client = connect(given, token, { on, retryWait: async () => {}, ...more });
    for await (const _ of client.iterate({ query: EVENTS, variables: { types: ['NothingOfTheKind'] } }));
  } catch ({ code, reason }) {
    return { code, reason, connections };
  }
}

/** The close event of a socket that says these messages, under these subprotocols. */
function closed({ ws }, messages, protocols = ['graphql-transport-ws']) {
  return new Promise((resolve) => {
    const socket = new WebSocket(ws, protocols);
    socket.on('open', () => messages.forEach((message) => socket.send(message)));
    socket.on('close', (code, reason) => resolve([code, String(reason)]));
  });
}

play({
  async operations(given) {
    const client = connect(given, given.tokens.streetOfficer);
    const { data: viewer } = await first(client, '{ viewer { role scope } }');
    const report = { category: '01001', gridCode: given.grid, text: '井盖丢失（示例）' };
    const { data: reported } = await first(client, REPORT, command(report));
    const { data: event } = await first(client, EVENTS, { after: given.after, types: ['CaseReported'] });
    await client.dispose();
    return { viewer, reported, event };
  },

  async together(given) {
    let sockets = 0;
    const client = connect(given, given.tokens.streetOfficer, { on: { opened: () => sockets++ } });
    const outcomes = await Promise.all(
      given.documents.map((query) =>
        first(client, query, { after: given.after }).then(
          ({ data, errors }) => (errors ? codes(errors) : Object.keys(data)),
          codes,
        ),
      ),
    );
    await client.dispose();
    return { outcomes, sockets };
  },

  // Told apart by the client: which end of a connection is worth another try.
  invalid: (given) => ended(given, given.token, { retryAttempts: 3 }),
  expires: (given) => ended(given, given.token),

  async renews(given) {
    const tokens = [given.short, given.tokens.streetOfficer];
    const codes = [];
    const client = connect(given, null, {
      connectionParams: () => ({ authToken: tokens.length > 1 ? tokens.shift() : tokens[0] }),
      retryAttempts: 5,
      retryWait: async () => {},
      shouldRetry: () => true,
      on: { closed: ({ code }) => codes.push(code), connected: () => tell(codes) },
    });
    for await (const { data } of client.iterate({ query: EVENTS, variables: { types: ['DepartmentEstablished'], after: given.after } })) {
      return { codes, type: data.events.type };
    }
  },

  // The library sends the same payload again when it is back: with the newest cursor in it, nothing is missed.
  async follows(given) {
    const client = connect(given, given.tokens.administrator, {
      retryAttempts: Infinity,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
      shouldRetry: () => true,
    });
    const variables = { after: given.after };
    for await (const { data } of client.iterate({ query: EVENTS, variables })) {
      variables.after = data.events.cursor;
      tell(data.events.position);
    }
  },

  async closes(given) {
    const init = JSON.stringify({ type: 'connection_init' });
    const subscribe = JSON.stringify({ type: 'subscribe', id: '1', payload: { query: EVENTS } });
    return {
      noSubprotocol: await closed(given, [], []),
      notJson: await closed(given, ['{']),
      unknownType: await closed(given, [init, '{"type":"start"}']),
      subscribedTooEarly: await closed(given, [subscribe]),
      initialisedTwice: await closed(given, [init, init]),
      sameIdTwice: await closed(given, [init, subscribe, subscribe]),
    };
  },
});
