// The rules that graphql-eslint has for the schema and the example operations. From the root of the repository:
// eslint --config tests/clients/eslint.config.mjs graphql/schema.graphql graphql/operations
import graphql from '@graphql-eslint/eslint-plugin';

const described = { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true };
const withoutIdentity = { suffixes: ['Connection', 'Edge', 'Payload', 'Error', 'PageInfo'] };
const rule = (name, ...options) => ({ [`@graphql-eslint/${name}`]: options.length ? ['error', ...options] : 'error' });

export default [
  {
    files: ['**/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: {
        graphQLConfig: { schema: 'graphql/schema.graphql', documents: 'graphql/operations/*.graphql' },
      },
    },
  },
  {
    files: ['graphql/schema.graphql'],
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      ...rule('input-name', { caseSensitiveInputType: false, checkInputType: true, checkMutations: true }),
      ...rule('no-scalar-result-type-on-mutation'),
      ...rule('require-deprecation-date'),
      ...rule('require-description', { ...described, rootField: true }),
      ...rule('require-nullable-fields-with-oneof'),
      ...rule('require-type-pattern-with-oneof'),
      ...rule('strict-id-in-types', { acceptedIdNames: ['id'], acceptedIdTypes: ['ID'], exceptions: withoutIdentity }),
    },
  },
  {
    files: ['graphql/operations/*.graphql'],
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      '@graphql-eslint/require-selections': 'off', // a client that caches by `id` lets its compiler add it
    },
  },
];
