import type { Access, Endpoint } from './endpoint.ts';
import type { Fields } from './fields.ts';

/** The admin port described by OpenAPI 3.1, from the same table that the app serves. */
export function toOpenApi(endpoints: readonly Endpoint[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method]: toOperation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Figway admin port', version: '1', description: 'Errors are problem+json (RFC 9457).' },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Problem: {
          type: 'object',
          properties: {
            type: { type: 'string', format: 'uri' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            instance: { type: 'string' },
            code: { type: 'string' },
          },
          required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
        },
      },
    },
  };
}

const isPublic = (access: Access): boolean => access === 'open' || access === 'page';

function toOperation({ method, path, access, summary, query, body, mediaType }: Endpoint): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: `${method}${path.replace(/[/:.]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '')}`,
    summary,
    description: isPublic(access) ? 'Needs no token.' : `Needs the role ${access}.`,
    security: isPublic(access) ? [] : [{ token: [] }],
    parameters: [...inPath, ...toParameters(query)],
    ...(body === undefined ? {} : { requestBody: toBody(body) }),
    responses: {
      200: { description: 'Done.', content: { [mediaType]: {} } },
      default: {
        description: 'Refused.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

const toParameters = (query: Fields): object[] =>
  Object.entries(query).map(([name, { schema, isRequired }]) => ({
    name,
    in: 'query',
    required: isRequired,
    schema,
  }));

function toBody(body: Fields): object {
  const fields = Object.entries(body);
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(fields.map(([name, field]) => [name, field.schema])),
    required: fields.filter(([, field]) => field.isRequired).map(([name]) => name),
  };
  return { required: schema.required.length > 0, content: { 'application/json': { schema } } };
}
