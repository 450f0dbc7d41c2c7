// Plays one scenario of a client: node CLIENT.mjs SCENARIO '{"http": …, "tokens": …}'. What it returns is its last
// line, as JSON; what it tells on the way are the lines before.
import { randomUUID } from 'node:crypto';

export const tell = (seen) => process.stdout.write(`${JSON.stringify(seen ?? null)}\n`);

export async function play(scenarios) {
  const [name, given] = process.argv.slice(2);
  const seen = await scenarios[name](JSON.parse(given));
  process.stdout.write(`${JSON.stringify(seen ?? null)}\n`, () => process.exit());
}

export const bearer = (token) => (token ? { authorization: `Bearer ${token}` } : {});

export const command = (fields) => ({ input: { commandId: randomUUID(), ...fields } });
