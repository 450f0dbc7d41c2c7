// urql as a frontend sets it up: the document cache, fetch, and subscriptions by events or by WebSocket.
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { bearer, command, play } from './scenarios.mjs';

const CASE = gql`query Case($id: ID!) { case(id: $id) { id number status } }`;
const ASSESS = gql`
  mutation Assess($input: AssessCaseInput!) {
    assessCase(input: $input) { case { id status severity } errors { code } }
  }
`;
const EVENTS = gql`
  subscription Events($id: ID!, $after: String) {
    caseEvents(caseId: $id, after: $after) { id position type case { id status } }
  }
`;

function connect(given, exchanges, more) {
  const seen = [];
  const client = new Client({
    url: given.http,
    exchanges,
    preferGetMethod: false,
    fetchOptions: { headers: bearer(given.tokens.communityStaff) },
    fetch: async (address, how) => {
      const answer = await fetch(address, how);
      seen.push([how.method, answer.status, answer.headers.get('content-type').split(';')[0]]);
      return answer;
    },
    ...more,
  });
  return { client, seen };
}

const results = (source, count) =>
  new Promise((resolve) => {
    const got = [];
    const { unsubscribe } = source.subscribe(({ data, error }) => {
      got.push(error ? error.message : data.caseEvents.type);
      if (got.length === count) setImmediate(() => (unsubscribe(), resolve(got)));
    });
  });

play({
  async reads(given) {
    const { client, seen } = connect(given, [cacheExchange, fetchExchange], { fetchSubscriptions: true });
    const ask = () => client.query(CASE, { id: given.id }).toPromise();
    const [one, again] = [await ask(), await ask()];
    const { data } = await client.mutation(ASSESS, command({ caseId: given.id, severity: 'MAJOR' })).toPromise();
    const afterwards = await ask();
    return {
      seen,
      numbers: [one, again, afterwards].map((result) => result.data.case.number),
      cached: [one, again, afterwards].map(({ operation }) => operation.context.meta?.cacheOutcome),
      errors: data.assessCase.errors,
    };
  },

  async gets(given) {
    const { client, seen } = connect(given, [cacheExchange, fetchExchange], { preferGetMethod: 'force' });
    const { data } = await client.query(CASE, { id: given.id }).toPromise();
    return { seen, id: data.case.id };
  },

  async fails(given) {
    const { client, seen } = connect(given, [cacheExchange, fetchExchange], { fetchSubscriptions: true });
    const { error } = await client.query(gql`{ nothing }`, {}).toPromise();
    return { seen, codes: error.graphQLErrors.map(({ extensions }) => extensions.code) };
  },

  async streams(given) {
    const { client, seen } = connect(given, [cacheExchange, fetchExchange], { fetchSubscriptions: true });
    const source = client.subscription(EVENTS, { id: given.id, after: given.after });
    return { types: await results(source, given.count), seen };
  },

  async sockets(given) {
    const connectionParams = { authToken: given.tokens.communityStaff };
    const socket = createClient({ url: given.ws, webSocketImpl: WebSocket, connectionParams });
    const forward = subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    });
    const { client, seen } = connect(given, [cacheExchange, fetchExchange, forward]);
    const source = client.subscription(EVENTS, { id: given.id, after: given.after });
    return { types: await results(source, given.count), seen };
  },
});
