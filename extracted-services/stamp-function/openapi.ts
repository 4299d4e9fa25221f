import { json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Stamp function',
    version: '1.0.0',
    description: 'Verifies a webhook and stamps it with a time and an id. Runs only while somebody asks.',
  },
  paths: {
    '/v1/stamp': {
      post: {
        summary: 'Stamp a webhook',
        parameters: [
          {
            name: 'X-Webhook-Signature',
            in: 'header',
            required: true,
            description: 't=<seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">; v1 up to five times',
            schema: { type: 'string', pattern: '^t=\\d{1,11}(,v1=[0-9a-f]{64}){1,5}$' },
          },
        ],
        requestBody: { description: 'Any bytes, at most 64 KiB', content: { '*/*': {} } },
        responses: {
          200: {
            description: 'Stamped; `Server-Timing` tells a cold start and the run apart',
            content: json(ref('Stamp')),
          },
          401: problem('The signature is missing, malformed, wrong, or more than five minutes from now'),
          413: problem('Too large'),
          502: problem('The function failed or crashed'),
          503: problem('It cannot be started, or has more to do than it may'),
          504: problem('It took too long and was ended'),
        },
      },
    },
    ...standardPaths,
  },
  components: {
    schemas: {
      Stamp: {
        type: 'object',
        required: ['id', 'signed_at', 'stamped_at', 'bytes', 'sha256', 'stamp'],
        properties: {
          id: {
            type: 'string',
            pattern: '^evt_[0-9a-f]{32}$',
            description: 'The same for the same delivery',
          },
          signed_at: { type: 'string', format: 'date-time' },
          stamped_at: { type: 'string', format: 'date-time' },
          bytes: { type: 'integer' },
          sha256: { type: 'string' },
          stamp: {
            type: 'string',
            description: 'HMAC-SHA256 of "stamp.<id>.<stamped_at>.<sha256>" with the same secret',
          },
        },
      },
      Problem: problemSchema,
    },
  },
};
