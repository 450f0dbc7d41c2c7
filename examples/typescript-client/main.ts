// Lists the open cases of a grid, reports a case, and follows it until it is accepted: what is asked and what is
// answered has the types that were generated from the schema, so a field that does not exist does not compile.
//
//     npm run generate && npm run check
//     TOKEN=… node main.ts                                     against http://127.0.0.1:8000/graphql
//     TOKEN=… node main.ts http://127.0.0.1:8010/graphql       another server
import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import {
  AcceptCaseDocument,
  CasesOfAGridDocument,
  FollowACaseDocument,
  ReportCaseDocument,
  type TypedDocumentString,
} from './generated/graphql.ts';

const url = process.argv[2] ?? 'http://127.0.0.1:8000/graphql';
const token = process.env.TOKEN;

/** The data of a query or mutation; what concerns the request as a whole is thrown. */
async function ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data || errors) throw new Error(errors?.map(({ message }) => message).join('\n') ?? answer.statusText);
  return data;
}

/** The results of a subscription, one after the other. */
async function* follow<Data, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
) {
  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authToken: token },
  });
  try {
    for await (const { data, errors } of socket.iterate<Data>({ query: document.toString(), variables })) {
      if (!data || errors) throw new Error(errors?.map(({ message }) => message).join('\n') ?? 'no data');
      yield data;
    }
  } finally {
    await socket.dispose();
  }
}

const { grid, cases } = await ask(CasesOfAGridDocument, {});
console.log(`${grid?.name ?? 'no such grid'}: ${cases.nodes.length} open cases`);

const report = { category: '01003', gridCode: '120101001001-G001', text: '路灯不亮（示例）' };
const { reportCase } = await ask(ReportCaseDocument, { input: { commandId: randomUUID(), ...report } });
const [refusal] = reportCase.errors;
if (!reportCase.case) throw new Error(refusal?.message);
console.log(`${reportCase.case.number} is ${reportCase.case.status}, due ${reportCase.case.dueAt ?? 'at no time'}`);

// From the cursor before the first event on, so that the report itself is told too.
const { id: caseId } = reportCase.case;
for await (const { caseEvents } of follow(FollowACaseDocument, { caseId, after: 'AQAAAAEAAAAAAAAAAAAAAAAAAAAA' })) {
  console.log(`${caseEvents.position} ${caseEvents.type} ${caseEvents.title}`);
  if (caseEvents.type === 'CaseAccepted') break;
  const { acceptCase } = await ask(AcceptCaseDocument, { input: { commandId: randomUUID(), caseId } });
  if (acceptCase.errors[0]) throw new Error(acceptCase.errors[0].message);
}
