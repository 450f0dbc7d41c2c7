// What graphql-inspector says would break frontends that were written for an older schema.
import { readFileSync } from 'node:fs';
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { play } from './scenarios.mjs';

const schema = (file) => buildSchema(readFileSync(file, 'utf8'));

play({
  async breaking({ older, newer }) {
    const changes = await diff(schema(older), schema(newer), [DiffRule.suppressRemovalOfDeprecatedField]);
    return changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking).map(({ message }) => message);
  },
});
