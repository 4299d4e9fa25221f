/** Parts of an OpenAPI 3.1 document that every service has in common. */

export const ref = (schema: string) => ({ $ref: `#/components/schemas/${schema}` });

export const json = (schema: object) => ({ 'application/json': { schema } });

/** A response in problem+json; the document needs `problemSchema` as its schema `Problem`. */
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

const text = { 200: { description: 'Text', content: { 'text/plain': {} } } };

/** What `startService` adds to the endpoints. */
export const standardPaths = {
  '/openapi.json': { get: { summary: 'This document', responses: { 200: { description: 'OpenAPI' } } } },
  '/livez': { get: { summary: 'Is the process alive', responses: text } },
  '/readyz': {
    get: { summary: 'May it get traffic', responses: { ...text, 503: { description: 'Not now' } } },
  },
  '/metrics': { get: { summary: 'Metrics for Prometheus', responses: text } },
};

export const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' };

/** RFC 9457, as the chassis writes it. */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'detail'],
        properties: { field: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};
