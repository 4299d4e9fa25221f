import { bearer, json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

const orderFields = {
  order_id: { type: 'integer' },
  user_id: { type: 'integer' },
  customer_name: { type: 'string' },
  status: { type: 'string', description: 'pending, paid, shipped, delivered, returned or cancelled' },
  payment_status: { type: 'string' },
  currency: { type: 'string' },
  net_total: ref('Money'),
  tax_total: ref('Money'),
  total: ref('Money'),
  placed_at: ref('LocalTime'),
  updated_at: ref('LocalTime'),
};

const lineFields = {
  line_no: { type: 'integer' },
  product_id: { type: 'integer' },
  sku: { type: 'string' },
  product_name: { type: 'string' },
  quantity: { type: 'integer', minimum: 1, maximum: 99 },
  unit_price: ref('Money'),
  line_total: ref('Money'),
};

const object = (properties: object) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const lines = { type: 'array', items: ref('Line') };
const wrongField = problem('A problem that names the field');
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } };
const query = (name: string, schema: object) => ({ name, in: 'query', schema });
const refused = {
  401: problem('No token, or one that is not valid'),
  403: problem('The token lacks the scope, or the order is for somebody else'),
};
const found = (schema: object) => ({
  200: {
    description: 'The order, or `{ "error": … }` as the monolith answers',
    content: json({ oneOf: [schema, ref('NoOrder')] }),
  },
  ...refused,
  404: problem('There is no such order, if told to say so'),
});
const order = (description: string) => ({ description, content: json(ref('Order')) });

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Orders',
    version: '1.1.0',
    description: 'Taken out of the monolith. Scopes: `orders:read` for GET, `orders:write` for POST.',
  },
  security: [{ bearer: [] }],
  paths: {
    '/v1/orders': {
      get: {
        summary: 'Orders, in no order, as at the monolith',
        parameters: [
          query('user_id', { type: 'integer', minimum: 1 }),
          query('status', { type: 'string' }),
          query('limit', { type: 'integer', minimum: 1, maximum: 500, default: 50 }),
          query('before', { type: 'integer', minimum: 1, description: 'Newest first, below this id' }),
        ],
        responses: {
          200: {
            description: 'One page; `next` is there if more may follow in a list that is newest first',
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
          400: wrongField,
          ...refused,
        },
      },
      post: {
        summary: 'Place an order: reserve stock, authorise, commit, capture',
        parameters: [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string', maxLength: 128 } }],
        requestBody: { required: true, content: json(ref('NewOrder')) },
        responses: {
          201: order('Confirmed'),
          202: order('Not decided yet: `Location` tells'),
          400: wrongField,
          ...refused,
          402: problem('`card-declined`: nothing was charged'),
          409: problem('`stock-short`: nothing was charged'),
          413: problem('More than 64 KiB'),
          415: problem('Not JSON'),
          422: problem('`idempotency-key-reused`'),
          503: problem('Somebody did not answer: all was taken back'),
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
    '/v1/orders/{id}/cancel': {
      post: {
        summary: 'Cancel an order that is paid: refund, release; one of the monolith’s there',
        parameters: [id],
        responses: {
          200: order('Cancelled'),
          202: order('Not done yet'),
          ...refused,
          404: problem('There is no such order'),
          409: problem('`order-status`: not possible from where it is'),
          503: problem('`monolith-away`: the order was placed there; `Retry-After` says when again'),
        },
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
          400: wrongField,
          ...refused,
        },
      },
    },
    ...standardPaths,
  },
  components: {
    securitySchemes: { bearer },
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
        card: { type: 'string', pattern: '^\\d{12,19}$', writeOnly: true },
      }),
      Digest: object({ id: { type: 'integer' }, updated_at: ref('LocalTime'), hash: { type: 'string' } }),
      Problem: problemSchema,
    },
  },
};
