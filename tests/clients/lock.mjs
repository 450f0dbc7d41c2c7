// Locks the packages of the folder it is run in, with versions and checksums and without any address:
// npm install --package-lock-only && node PATH/TO/lock.mjs, which `npm run lock` does.
import { readFileSync, writeFileSync } from 'node:fs';

const name = 'package-lock.json';
const lock = JSON.parse(readFileSync(name, 'utf8'));
for (const entry of Object.values(lock.packages)) {
  delete entry.resolved;
  delete entry.funding;
}
writeFileSync(name, `${JSON.stringify(lock, null, 2)}\n`);
