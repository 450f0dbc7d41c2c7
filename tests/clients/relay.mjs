// Relay's runtime with what relay-compiler made of relay/cases.js: the store is read as a component would read it.
import { createRequire } from 'node:module';
import { createClient } from 'graphql-ws';
import relay from 'relay-runtime';
import WebSocket from 'ws';
import { bearer, command, play } from './scenarios.mjs';

const compiled = (name) => createRequire(import.meta.url)(`./relay/__generated__/${name}.graphql.js`);
const { Environment, Network, Observable, RecordSource, Store } = relay;
const { commitMutation, createOperationDescriptor, fetchQuery, getSelector, requestSubscription } = relay;

function connect({ http, ws, tokens: { communityStaff: token } }) {
  const headers = { 'content-type': 'application/json', ...bearer(token) };
  const socket = createClient({ url: ws, webSocketImpl: WebSocket, connectionParams: { authToken: token } });
  const ask = async ({ text: query }, variables) => {
    const answer = await fetch(http, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    return answer.json();
  };
  const follow = ({ text: query }, variables) =>
    Observable.create((sink) => socket.subscribe({ query, variables }, sink));
  return new Environment({ network: Network.create(ask, follow), store: new Store(new RecordSource()) });
}

/** The rows of the list that the store holds, through the fragment of the list and the one of a row. */
function rows(environment, variables) {
  const descriptor = createOperationDescriptor(compiled('casesQuery'), variables);
  const lookup = (fragment, reference) => environment.lookup(getSelector(fragment, reference)).data;
  const { cases } = lookup(compiled('cases_list'), environment.lookup(descriptor.fragment).data);
  return {
    rows: cases.edges.map(({ node }) => lookup(compiled('cases_row'), node)),
    pageInfo: cases.pageInfo,
  };
}

async function listed(environment, { place }) {
  const variables = { place, first: 2 };
  environment.retain(createOperationDescriptor(compiled('casesQuery'), variables));
  await fetchQuery(environment, compiled('casesQuery'), variables).toPromise();
  return () => rows(environment, variables);
}

const record = (environment, id) => environment.getStore().getSource().get(id);

play({
  async pages(given) {
    const environment = connect(given);
    const shown = await listed(environment, given);
    const first = shown();
    const next = { place: given.place, first: 2, after: first.pageInfo.endCursor };
    await fetchQuery(environment, compiled('casesPageQuery'), next).toPromise();
    const numbers = (list) => list.rows.map(({ number }) => number);
    return { first: numbers(first), both: numbers(shown()), more: [first, shown()].map((list) => list.pageInfo.hasNextPage) };
  },

  /** A row is asked for again by `node`, after somebody else has changed it. */
  async refetches(given) {
    const environment = connect(given);
    const shown = await listed(environment, given);
    const [{ id, status: before }] = shown().rows;
    const accept = command({ caseId: id });
    await fetch(given.http, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(given.tokens.communityStaff) },
      body: JSON.stringify({ query: compiled('casesAcceptMutation').params.text, variables: accept }),
    });
    const stale = shown().rows[0].status;
    await fetchQuery(environment, compiled('casesRowQuery'), { id }).toPromise();
    return [before, stale, shown().rows[0].status];
  },

  async mutates(given) {
    const environment = connect(given);
    const shown = await listed(environment, given);
    const [{ id }] = shown().rows;
    const { acceptCase } = await new Promise((onCompleted, onError) =>
      commitMutation(environment, {
        mutation: compiled('casesAcceptMutation'),
        variables: command({ caseId: id }),
        onCompleted,
        onError,
      }),
    );
    const { __typename, status } = record(environment, id);
    return { errors: acceptCase.errors, listed: shown().rows[0].status, kept: { __typename, status } };
  },

  async subscribes(given) {
    const environment = connect(given);
    const types = [];
    await new Promise((resolve, onError) =>
      requestSubscription(environment, {
        subscription: compiled('casesEventsSubscription'),
        variables: { id: given.id, after: given.after },
        onNext: ({ caseEvents }) => types.push(caseEvents.type) === given.count && resolve(),
        onError,
      }),
    );
    return { types, kept: record(environment, given.id).status };
  },
});
