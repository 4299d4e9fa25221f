/** Runs queries. This file and `bounds.ts` are the only ones that know the library graphql. */
import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { defaultQueryBounds, exceeds, type QueryBounds } from './bounds.ts';
import { typeDefs } from './schema.ts';

export interface Engine {
  /** Never rejects. */
  run(question: Question): Promise<QueryAnswer>;
}

export interface Question {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  /** A function for each field of `Query`, which gets its arguments. */
  readonly root: object;
  /** What becomes of an error of a field: all that the client is told of it. */
  readonly tell: (error: unknown) => Told;
}

export interface Told {
  readonly code: string;
  readonly message: string;
}

export interface QueryAnswer {
  /** False: nothing was run, since the question cannot be. */
  readonly isRun: boolean;
  readonly body: { readonly data?: unknown; readonly errors?: readonly unknown[] };
}

export interface EngineOptions {
  /** Whether a client may ask for the schema. */
  readonly introspection: 'on' | 'off';
  readonly bounds?: Partial<QueryBounds>;
}

/** Tokens of a text: beyond, it is not even parsed. */
const maxLexicalTokens = 1000;
const maxErrors = 10;

export function createEngine(options: EngineOptions): Engine {
  const schema = buildSchema(typeDefs);
  const bounds = { ...defaultQueryBounds, ...options.bounds };
  const rules =
    options.introspection === 'on' ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  return {
    async run({ query, variables, operationName, root, tell }) {
      const document = parseQuery(query);
      if (document instanceof GraphQLError) return refuse('query-malformed', [document]);
      const excess = exceeds(document, variables, bounds);
      if (excess !== undefined) return refuse('query-too-large', [new GraphQLError(excess)]);
      const wrong = validate(schema, document, rules, { maxErrors, hideSuggestions: true });
      if (wrong.length > 0) return refuse('query-invalid', wrong);
      const result = await execute({
        schema,
        document,
        rootValue: root,
        variableValues: variables,
        operationName: operationName ?? null,
        hideSuggestions: true,
      });
      return toAnswer(result, tell);
    },
  };
}

function parseQuery(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxLexicalTokens, maxComments: 100 });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

/** These speak of the question alone, so they are told as they are. */
const refuse = (code: string, errors: readonly GraphQLError[]): QueryAnswer => ({
  isRun: false,
  body: {
    errors: errors.map(({ message, locations }) => ({
      message,
      ...(locations && { locations }),
      extensions: { code },
    })),
  },
});

function toAnswer({ data, errors }: ExecutionResult, tell: (error: unknown) => Told): QueryAnswer {
  // Without data at all it was not run: a variable of another type, or no such operation.
  if (data === undefined) return refuse('query-invalid', errors ?? []);
  const told = errors?.map(({ path, locations, originalError, message }) => {
    const { code, message: text } = tell(originalError ?? new Error(message));
    return { message: text, path, locations, extensions: { code } };
  });
  return { isRun: true, body: { ...(told && { errors: told }), data } };
}
