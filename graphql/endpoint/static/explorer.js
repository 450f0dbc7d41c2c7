// The explorer: GraphiQL with a fetcher that speaks to this endpoint, streams included.
"use strict";

(() => {
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const endpoint = location.pathname;
  const authorization = tokenOfLink();

  // A link may bring a token behind `#token=`, which no browser sends to a server; this tab remembers it.
  function tokenOfLink() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      sessionStorage.setItem("token", given);
      history.replaceState(null, "", location.pathname + location.search);
    }
    const token = sessionStorage.getItem("token");
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  function isSubscription(document, name) {
    const operations = (document?.definitions ?? []).filter((node) => node.kind === "OperationDefinition");
    const asked = operations.find((node) => !name || node.name?.value === name);
    return asked?.operation === "subscription";
  }

  // Server-sent events as an iterator; leaving it ends the request, and with it the subscription.
  function results(response, request) {
    async function* read() {
      let rest = "";
      for await (const text of decoded(response.body)) {
        const frames = (rest + text).split("\n\n");
        rest = frames.pop();
        for (const frame of frames) {
          if (frame.startsWith("event: complete")) return;
          const data = frame.match(/^data: (.*)$/m);
          if (data) yield JSON.parse(data[1]);
        }
      }
    }
    const reading = read();
    return {
      [Symbol.asyncIterator]() { return this; },
      next: () => reading.next().catch((error) => {
        if (request.signal.aborted) return { done: true, value: undefined };
        throw error;
      }),
      return() {
        request.abort();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async function* decoded(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  }

  async function fetcher(params, { headers, documentAST } = {}) {
    const request = new AbortController();
    const streamed = isSubscription(documentAST, params.operationName);
    const response = await fetch(endpoint, {
      method: "POST",
      body: JSON.stringify(params),
      headers: {
        "content-type": "application/json",
        accept: streamed ? "text/event-stream" : "application/graphql-response+json, application/json;q=0.9",
        ...authorization,
        ...headers,
      },
      signal: request.signal,
    });
    const streaming = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
    return streaming ? results(response, request) : response.json();
  }

  const explorer = React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: settings.examples.length ? settings.examples.map((query) => ({ query })) : undefined,
    defaultEditorToolsVisibility: true,
  });
  ReactDOM.createRoot(document.getElementById("graphiql")).render(explorer);
})();
