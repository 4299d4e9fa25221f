import { bearer, json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

const query = (name: string, description: string, schema: object) => ({
  name,
  in: 'query',
  description,
  schema,
});

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
    ...standardPaths,
  },
  components: {
    securitySchemes: { bearer },
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
      Problem: problemSchema,
    },
  },
};
