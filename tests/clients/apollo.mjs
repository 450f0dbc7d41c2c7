// Apollo Client 4 as a frontend sets it up: HTTP, a normalised cache with Relay's pagination, graphql-ws.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { relayStylePagination } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';
import { createHash } from 'node:crypto';
import WebSocket from 'ws';
import { bearer, command, play } from './scenarios.mjs';

const CASES = gql`
  query Cases($place: String!, $first: Int!, $after: String) {
    cases(filter: { place: $place }, orderBy: OLDEST, first: $first, after: $after) {
      edges { cursor node { id number status } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
const CASE = gql`query Case($id: ID!) { case(id: $id) { id number status version } }`;
const ACCEPT = gql`
  mutation Accept($input: AcceptCaseInput!) {
    acceptCase(input: $input) { case { id status } position errors { code message path } }
  }
`;
const EVENTS = gql`
  subscription Events($id: ID!, $after: String) {
    caseEvents(caseId: $id, after: $after) { id position type case { id status } }
  }
`;
const paged = { Query: { fields: { cases: relayStylePagination(['filter', 'orderBy']) } } };

function connect(given, { token = given.tokens.communityStaff, before = [], ...http } = {}) {
  const seen = [];
  const sent = [];
  const watched = async (address, how) => {
    const answer = await fetch(address, how);
    sent.push(how.body ?? address);
    seen.push([how.method, answer.status, answer.headers.get('content-type').split(';')[0]]);
    return answer;
  };
  const socket = createClient({ url: given.ws, webSocketImpl: WebSocket, connectionParams: { authToken: token } });
  const client = new ApolloClient({
    cache: new InMemoryCache({ typePolicies: paged }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      ApolloLink.from([
        ...before,
        new HttpLink({ uri: given.http, headers: bearer(token), fetch: watched, ...http }),
      ]),
    ),
  });
  return { client, seen, sent };
}

async function failure(promise) {
  const error = await promise.then(() => null, (reason) => reason);
  const combined = CombinedGraphQLErrors.is(error);
  return { combined, name: error?.name, codes: combined ? error.errors.map((one) => one.extensions.code) : [] };
}

play({
  async reads(given) {
    const results = {};
    for (const [name, useGETForQueries] of Object.entries({ post: false, get: true })) {
      const { client, seen } = connect(given, { useGETForQueries });
      const { data } = await client.query({ query: CASE, variables: { id: given.id } });
      results[name] = { seen, id: data.case.id, typename: data.case.__typename };
    }
    return results;
  },

  /** Automatic persisted queries: the words of a document travel only until the server has met them. */
  async persists(given) {
    const sha256 = async (text) => createHash('sha256').update(text).digest('hex');
    const result = [];
    for (const useGETForHashedQueries of [false, false, true]) {
      const before = [new PersistedQueryLink({ sha256, useGETForHashedQueries })];
      const { client, seen, sent } = connect(given, { before });
      const { data } = await client.query({ query: CASE, variables: { id: given.id } });
      const words = sent.map((request) => request.includes('query Case'));
      result.push({ id: data.case.id, methods: seen.map(([method]) => method), words });
    }
    return result;
  },

  /** One object in the cache for one case: what a mutation answers is what the list shows. */
  async normalises(given) {
    const { client, seen } = connect(given);
    const variables = { place: given.place, first: 10 };
    await client.query({ query: CASES, variables });
    const accept = { mutation: ACCEPT, variables: command({ caseId: given.id }) };
    const { data: { acceptCase: accepted } } = await client.mutate(accept);
    const shown = client.readQuery({ query: CASES, variables }).cases.edges.map(({ node }) => node);
    const extracted = client.cache.extract();
    return {
      errors: accepted.errors,
      shown: shown.find(({ id }) => id === given.id).status,
      kept: extracted[`Case:${given.id}`].status,
      identified: Object.keys(extracted).filter((key) => key.startsWith('Case:')).length,
      requests: seen.length,
    };
  },

  /** What a list shows while it fetches another page, and what it shows then. */
  async pages(given) {
    const { client, seen } = connect(given);
    const watched = client.watchQuery({ query: CASES, variables: { place: given.place, first: 2 } });
    const shown = [];
    await new Promise((resolve) => {
      watched.subscribe(({ data, dataState }) => {
        if (dataState !== 'complete') return;
        const { edges, pageInfo } = data.cases;
        if (edges.length === shown.at(-1)?.length) return;
        shown.push(edges.map(({ node }) => node.number));
        if (shown.length === 1) watched.fetchMore({ variables: { after: pageInfo.endCursor } });
        else resolve();
      });
    });
    return { shown, requests: seen.length };
  },

  async subscribes(given) {
    const { client } = connect(given);
    const { data } = await new Promise((next, error) =>
      client.subscribe({ query: EVENTS, variables: { id: given.id, after: given.after } }).subscribe({ next, error }),
    );
    return { type: data.caseEvents.type, kept: client.cache.extract()[`Case:${given.id}`].status };
  },

  async fails(given) {
    const { client, seen } = connect(given);
    const invalid = await failure(client.query({ query: gql`{ nothing }` }));
    const refused = await client.mutate({ mutation: ACCEPT, variables: command({ caseId: given.missing }) });
    const far = { query: CASES, variables: { place: given.place, first: 1000 } };
    const range = await failure(client.query(far));
    const stranger = connect(given, { token: 'no token' });
    const unauthenticated = await failure(stranger.client.query({ query: CASE, variables: { id: given.id } }));
    return {
      invalid: invalid.codes,
      refused: refused.data.acceptCase.errors.map(({ code }) => code),
      range: range.codes,
      unauthenticated,
      seen: [...seen, ...stranger.seen],
    };
  },
});
