import { bearer, json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

const object = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});
const text = { type: 'string' };
const integer = { type: 'integer' };
const time = { type: 'string', format: 'date-time' };
const list = (schema: string) => ({ type: 'array', items: ref(schema) });
const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const missing = {
  type: 'array',
  items: { enum: ['products', 'payments', 'notifications'] },
  description: 'Services that failed: what comes from them is null',
};
const query = (name: string, schema: object) => ({ name, in: 'query', schema });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } };
const pages = [
  query('limit', { type: 'integer', minimum: 1, maximum: 50, default: 20 }),
  query('before', { type: 'integer', minimum: 1, description: '`next` of the page before' }),
];
const failures = {
  502: problem('A service answers nonsense'),
  503: problem('A service cannot be reached'),
  504: problem('A service is slow'),
};
const guarded = { 401: problem('No valid token'), 403: problem('A scope is missing, or it is no user’s') };
const scopes = ['orders:read', 'payments:read'];
const ok = (schema: string) => ({ 200: { description: 'The page', content: json(ref(schema)) } });

const summary = {
  id: integer,
  userId: integer,
  status: text,
  paymentStatus: { type: ['string', 'null'] },
  currency: text,
  totalCents: integer,
  placedAt: time,
  updatedAt: time,
};
const line = {
  lineNo: integer,
  productId: integer,
  sku: text,
  name: text,
  quantity: integer,
  unitCents: integer,
  totalCents: integer,
};
const ordersView = {
  orders: list('OrderWithPayments'),
  next: { type: ['integer', 'null'] },
  missing,
};

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Web BFF', version: '1.0.0', description: 'The shop as its web front end shows it.' },
  paths: {
    '/v1/catalogue': {
      get: {
        summary: 'Products, 24 a page',
        parameters: [
          query('q', { type: 'string', maxLength: 100 }),
          query('category', { type: 'string', maxLength: 100 }),
          query('page', { type: 'integer', minimum: 1, maximum: 10_000, default: 1 }),
        ],
        responses: { ...ok('Catalogue'), 400: problem('A parameter is wrong'), ...failures },
      },
    },
    '/v1/catalogue/{id}': {
      get: {
        summary: 'One product',
        parameters: [id],
        responses: { ...ok('Product'), 404: problem('No such product'), ...failures },
      },
    },
    '/v1/account': {
      get: {
        summary: 'Who one is, the newest ten orders with their payments, the newest ten notifications',
        security: [{ bearer: ['profile:read', 'notifications:read', ...scopes] }],
        responses: { ...ok('Account'), ...guarded, 404: problem('No such user'), ...failures },
      },
    },
    '/v1/orders': {
      get: {
        summary: 'One’s orders with their payments, newest first',
        security: [{ bearer: scopes }],
        parameters: pages,
        responses: { ...ok('Orders'), 400: problem('A parameter is wrong'), ...guarded, ...failures },
      },
    },
    '/v1/orders/{id}': {
      get: {
        summary: 'One order of one’s own: lines with what their products are today, payments',
        security: [{ bearer: scopes }],
        parameters: [id],
        responses: { ...ok('Order'), ...guarded, 404: problem('No such order of one’s own'), ...failures },
      },
    },
    '/v1/graphql': {
      post: {
        summary: 'All of it by GraphQL',
        security: [{ bearer: [] }],
        requestBody: {
          required: true,
          content: json({
            type: 'object',
            required: ['query'],
            properties: {
              query: { type: 'string', maxLength: 10_000 },
              variables: { type: 'object' },
              operationName: { type: 'string' },
            },
          }),
        },
        responses: {
          200: { description: 'It was run; errors of fields beside the data', content: json(ref('Result')) },
          400: {
            description: 'It cannot be run: not GraphQL, not of this schema, or too large',
            content: json(ref('Result')),
          },
          401: problem('No valid token'),
          413: problem('Too large'),
          415: problem('Not JSON'),
        },
      },
    },
    ...standardPaths,
  },
  components: {
    securitySchemes: { bearer },
    schemas: {
      Catalogue: object({ products: list('Product'), page: integer }),
      Product: object({
        ...{ id: integer, sku: text, name: text, category: text },
        ...{ description: { type: ['string', 'null'] }, priceCents: integer, stock: integer },
      }),
      Account: object({
        user: ref('User'),
        ...ordersView,
        notifications: orNull(list('Notification')),
      }),
      User: object({ id: integer, email: text, fullName: text, city: text, roles: { type: 'array' } }),
      Orders: object(ordersView),
      OrderWithPayments: object({ ...summary, payments: orNull(list('Payment')) }),
      Order: object({
        ...summary,
        ...{ netCents: integer, taxCents: integer, lines: list('Line') },
        payments: orNull(list('Payment')),
        missing,
      }),
      Line: object({ ...line, product: orNull(ref('Product')) }),
      Payment: object({
        ...{ id: text, orderId: text, status: text, amountCents: integer, capturedCents: integer },
        ...{ refundedCents: integer, currency: text, lastFour: text, createdAt: time },
      }),
      Notification: object({ id: integer, subject: text, text, createdAt: time }),
      Result: {
        type: 'object',
        properties: {
          data: { type: ['object', 'null'] },
          errors: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message', 'extensions'],
              properties: {
                message: text,
                path: { type: 'array' },
                locations: { type: 'array' },
                extensions: object({ code: text }),
              },
            },
          },
        },
      },
      Problem: problemSchema,
    },
  },
};
