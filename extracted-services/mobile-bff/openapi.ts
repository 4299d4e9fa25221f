import { bearer, json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

const object = (
  properties: Readonly<Record<string, object>>,
  required: readonly string[] = Object.keys(properties),
) => ({ type: 'object', required, properties });
const text = { type: 'string' };
const integer = { type: 'integer' };
const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const list = (schema: string) => ({ type: 'array', items: ref(schema) });
const id = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } };

/** A screen with these parts. */
const screen = (parts: Readonly<Record<string, object>>) =>
  object(
    {
      ...Object.fromEntries(Object.entries(parts).map(([name, schema]) => [name, orNull(schema)])),
      degraded: {
        type: 'array',
        items: { enum: Object.keys(parts) },
        description: 'Parts that are null since their service failed',
      },
      stale: {
        type: 'object',
        additionalProperties: integer,
        description: 'Parts that are shown as they were so many seconds ago',
      },
    },
    [...Object.keys(parts), 'degraded'],
  );

const show = (summary: string, schema: string, scopes: readonly string[], more: object = {}) => ({
  get: {
    summary,
    ...(scopes.length > 0 && { security: [{ bearer: scopes }] }),
    responses: {
      200: { description: 'What there is of it', content: json(ref(schema)) },
      ...(scopes.length > 0 && {
        401: problem('No valid token'),
        403: problem('A scope is missing, or it is no user’s'),
      }),
      503: problem('There is nothing of it'),
    },
    ...more,
  },
});

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Mobile BFF', version: '1.0.0', description: 'The shop on a phone: one call for a screen.' },
  paths: {
    '/v1/screens/home': show('The first screen', 'Home', [
      ...['profile:read', 'orders:read', 'notifications:read'],
    ]),
    '/v1/screens/orders': show('One’s orders, ten at a time', 'Orders', ['orders:read'], {
      parameters: [
        {
          name: 'before',
          in: 'query',
          description: 'The id of the last row of the screen before',
          schema: { type: 'integer', minimum: 1 },
        },
      ],
    }),
    '/v1/screens/orders/{id}': show('An order', 'OrderScreen', ['orders:read', 'payments:read'], {
      parameters: [id],
    }),
    '/v1/screens/products/{id}': show('A product', 'ProductScreen', [], { parameters: [id] }),
    ...standardPaths,
  },
  components: {
    securitySchemes: { bearer },
    schemas: {
      Home: screen({
        user: object({ name: text }),
        orders: list('Row'),
        news: { type: 'array', items: object({ id: integer, subject: text }) },
        products: list('Product'),
      }),
      Orders: screen({ orders: list('Row') }),
      OrderScreen: screen({
        order: { allOf: [ref('Row'), object({ lines: list('Line') })] },
        payment: object({ status: text, card: text }),
      }),
      ProductScreen: screen({
        product: { allOf: [ref('Product'), object({ text: { type: ['string', 'null'] } })] },
      }),
      Row: object({ id: integer, status: text, total: text, at: { type: 'string', format: 'date-time' } }),
      Line: object({ name: text, count: integer, total: text }),
      Product: object({ id: integer, name: text, price: text, isInStock: { type: 'boolean' } }),
      Problem: problemSchema,
    },
  },
};
