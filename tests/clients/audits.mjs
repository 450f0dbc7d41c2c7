// The audits of GraphQL over HTTP that come with graphql-http: each with its name and whether it passed.
import { serverAudits } from 'graphql-http';
import { play } from './scenarios.mjs';

play({
  async all({ http }) {
    const results = [];
    for (const audit of serverAudits({ url: http, fetchFn: fetch })) results.push(await audit.fn());
    return results.map(({ name, status, reason }) => ({ name, status, reason }));
  },
});
