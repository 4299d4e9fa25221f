const orderFields = {
  order_id: { type: 'integer' },
  user_id: { type: 'integer' },
  customer_name: { type: 'string' },
  status: { type: 'string' },
  payment_status: { type: 'string' },
  currency: { type: 'string' },
  net_total: { $ref: '#/components/schemas/Money' },
  tax_total: { $ref: '#/components/schemas/Money' },
  total: { $ref: '#/components/schemas/Money' },
  placed_at: { $ref: '#/components/schemas/LocalTime' },
  updated_at: { $ref: '#/components/schemas/LocalTime' },
};

const lineFields = {
  line_no: { type: 'integer' },
  product_id: { type: 'integer' },
  sku: { type: 'string' },
  product_name: { type: 'string' },
  quantity: { type: 'integer', minimum: 1, maximum: 99 },
  unit_price: { $ref: '#/components/schemas/Money' },
  line_total: { $ref: '#/components/schemas/Money' },
};

const object = (properties: object) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const json = (schema: object) => ({ 'application/json': { schema } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const lines = { type: 'array', items: ref('Line') };
const problem = {
  description: 'A problem that names the field',
  content: { 'application/problem+json': { schema: ref('Problem') } },
};
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } };
const query = (name: string, schema: object) => ({ name, in: 'query', schema });
const text = { 200: { description: 'Text', content: { 'text/plain': {} } } };
const found = (schema: object) => ({
  200: {
    description: 'The order, or `{ "error": … }` as the monolith answers',
    content: json({ oneOf: [schema, ref('NoOrder')] }),
  },
  404: problem,
});

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1.0.0', description: 'Taken out of the monolith.' },
  paths: {
    '/v1/orders': {
      get: {
        summary: 'Orders, newest first',
        parameters: [
          query('user_id', { type: 'integer', minimum: 1 }),
          query('status', { type: 'string' }),
          query('limit', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
          query('before', { type: 'integer', minimum: 1, description: '`next` of the page before' }),
        ],
        responses: {
          200: {
            description: 'One page; `next` is there if more may follow',
            content: json({
              type: 'object',
              required: ['orders', 'count'],
              properties: {
                orders: { type: 'array', items: ref('Summary') },
                count: { type: 'integer' },
                next: { type: 'integer' },
              },
            }),
          },
          400: problem,
        },
      },
      post: {
        summary: 'Place an order',
        parameters: [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 128 } }],
        requestBody: { required: true, content: json(ref('NewOrder')) },
        responses: {
          201: { description: 'Placed', content: json(ref('Order')) },
          400: problem,
          413: problem,
          415: problem,
          422: problem,
        },
      },
    },
    '/v1/orders/{id}': { get: { summary: 'One order', parameters: [id], responses: found(ref('Order')) } },
    '/v1/orders/{id}/lines': {
      get: {
        summary: 'Its lines',
        parameters: [id],
        responses: found(object({ order_id: { type: 'integer' }, lines })),
      },
    },
    '/v1/digests/orders': {
      get: {
        summary: 'Digests, to be held against those of the monolith',
        parameters: [
          query('after', { type: 'integer', minimum: 0, default: 0 }),
          query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 500 }),
        ],
        responses: {
          200: {
            description: 'By id',
            content: json(object({ digests: { type: 'array', items: ref('Digest') } })),
          },
          400: problem,
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
    schemas: {
      Money: { type: 'string', pattern: '^-?\\d+\\.\\d{2}$' },
      LocalTime: {
        type: 'string',
        pattern: '^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d$',
        description: 'Wall clock of Berlin',
      },
      Summary: object(orderFields),
      Order: object({ ...orderFields, lines }),
      Line: object(lineFields),
      NoOrder: object({ error: { type: 'string' } }),
      NewOrder: object({
        user_id: { type: 'integer', minimum: 1 },
        lines: {
          type: 'array',
          minItems: 1,
          maxItems: 50,
          items: object({
            product_id: { type: 'integer', minimum: 1 },
            quantity: { type: 'integer', minimum: 1, maximum: 99 },
          }),
        },
      }),
      Digest: object({
        id: { type: 'integer' },
        updated_at: { $ref: '#/components/schemas/LocalTime' },
        hash: { type: 'string' },
      }),
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
          errors: {
            type: 'array',
            items: object({ field: { type: 'string' }, detail: { type: 'string' } }),
          },
        },
      },
    },
  },
};
