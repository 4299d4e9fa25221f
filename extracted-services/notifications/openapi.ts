const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});
const query = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  schema,
});
const text = { 200: { description: 'Text', content: { 'text/plain': {} } } };

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Notifications', version: '1.0.0', description: 'What people were told, made of events.' },
  paths: {
    '/v1/notifications': {
      get: {
        summary: 'Notifications, newest first; one’s own, or anybody’s for staff',
        security: [{ bearer: ['notifications:read'] }],
        parameters: [
          query('limit', 'At most so many', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
          query('before', '`next` of the page before', { type: 'integer', minimum: 1 }),
          query('user_id', 'Whose; another person’s is for staff', { type: 'string' }),
        ],
        responses: {
          200: { description: 'One page; `next` is there if more may follow', content: json(ref('Page')) },
          400: problem('A parameter is wrong'),
          401: problem('No valid token'),
          403: problem('A scope or the role is missing'),
        },
      },
    },
    '/openapi.json': { get: { summary: 'This document', responses: { 200: { description: 'OpenAPI' } } } },
    '/livez': { get: { summary: 'Is the process alive', responses: text } },
    '/readyz': {
      get: { summary: 'May it get traffic', responses: { ...text, 503: { description: 'Draining' } } },
    },
    '/metrics': { get: { summary: 'Metrics for Prometheus', responses: text } },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: {
      Page: {
        type: 'object',
        required: ['notifications'],
        properties: {
          notifications: { type: 'array', items: ref('Notification') },
          next: { type: 'integer' },
        },
      },
      Notification: {
        type: 'object',
        required: ['notification_id', 'user_id', 'event_type', 'subject', 'text', 'created_at', 'mailed_at'],
        properties: {
          notification_id: { type: 'integer' },
          user_id: { type: 'string' },
          event_type: { type: 'string' },
          subject: { type: 'string' },
          text: { type: 'string' },
          created_at: { type: 'string', format: 'date-time' },
          mailed_at: {
            type: ['string', 'null'],
            description: 'Null while no address of the person is known',
          },
        },
      },
      Problem: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          instance: { type: 'string' },
          code: { type: 'string' },
        },
      },
    },
  },
};
