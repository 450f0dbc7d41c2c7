// Generates the types of the schema and of the example operations into ./generated: npm run generate
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../graphql/schema.graphql', // or the address of a server, such as http://127.0.0.1:8000/graphql
  documents: '../../graphql/operations/*.graphql', // yours: 'src/**/*.graphql'
  generates: {
    './generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        defaultScalarType: 'unknown',
        scalars: { Date: 'string', DateTime: 'string', JSON: 'unknown', Position: 'number', UUID: 'string' },
      },
    },
  },
};

export default config;
