const object = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  required,
  properties,
});
const json = (schema: object) => ({ 'application/json': { schema } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const problem = {
  description: 'A problem with a stable code',
  content: { 'application/problem+json': { schema: ref('Problem') } },
};
const text = { 200: { description: 'Text', content: { 'text/plain': {} } } };
const query = (name: string, schema: object) => ({ name, in: 'query', schema });
const productId = { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } };
const reservationId = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string', pattern: '^[\\w.:-]{1,100}$' },
};
const token = (scope: string) => [{ token: [scope] }];
const reservation = { description: 'The reservation', content: json(ref('Reservation')) };
const refusals = { 400: problem, 401: problem, 403: problem };

const productFields = {
  product_id: { type: 'integer' },
  sku: { type: 'string' },
  product_name: { type: 'string' },
  category: { type: 'string' },
  description: { type: 'string' },
  unit_price: ref('Money'),
  stock: { type: 'integer' },
};

const reservationCommand = (summary: string, found: object) => ({
  post: {
    summary,
    security: token('stock:reserve'),
    parameters: [reservationId],
    responses: { 200: reservation, ...refusals, ...found, 409: problem },
  },
});

const line = object({
  product_id: { type: 'integer', minimum: 1 },
  quantity: { type: 'integer', minimum: 1, maximum: 9999 },
});

const paths = {
  '/v1/products': {
    get: {
      summary: 'The catalogue, 24 a page; a query that fits nothing is taken as the monolith takes it',
      parameters: [
        query('q', { type: 'string', description: 'Part of the name' }),
        query('category', { type: 'string' }),
        query('page', { type: 'integer', minimum: 1, default: 1 }),
      ],
      responses: {
        200: {
          description: 'One page',
          content: json(
            object({ products: { type: 'array', items: ref('Product') }, count: { type: 'integer' } }),
          ),
        },
      },
    },
  },
  '/v1/product-batch': {
    get: {
      summary: 'Many products in one call; ids that are unknown are left out',
      parameters: [
        {
          ...query('id', {
            type: 'array',
            minItems: 1,
            maxItems: 50,
            items: { type: 'integer', minimum: 1 },
          }),
          required: true,
          description: 'Repeated, as `?id=3&id=5`',
        },
      ],
      responses: {
        200: {
          description: 'In the order of ids',
          content: json(
            object({ products: { type: 'array', items: ref('Product') }, count: { type: 'integer' } }),
          ),
        },
        400: problem,
      },
    },
  },
  '/v1/products/{id}': {
    get: {
      summary: 'One product',
      parameters: [productId],
      responses: {
        200: {
          description: 'The product, or `{ "error": … }` as the monolith answers',
          content: json({ oneOf: [ref('Product'), ref('NoProduct')] }),
        },
        404: problem,
      },
    },
    put: {
      summary: 'Set price and stock; for the role staff',
      security: token('products:write'),
      parameters: [productId],
      requestBody: { required: true, content: json(ref('ProductEdit')) },
      responses: {
        200: { description: 'As it is now', content: json(ref('Product')) },
        ...refusals,
        404: problem,
      },
    },
  },
  '/v1/digests/products': {
    get: {
      summary: 'Digests, to be held against those of the monolith',
      security: token('products:read'),
      parameters: [
        query('after', { type: 'integer', minimum: 0, default: 0 }),
        query('limit', { type: 'integer', minimum: 0, maximum: 1000, default: 500 }),
      ],
      responses: {
        200: {
          description: 'By id',
          content: json(object({ digests: { type: 'array', items: ref('Digest') } })),
        },
        ...refusals,
      },
    },
  },
  '/v1/reservations/{id}': {
    put: {
      summary: 'Take lines off the shelf, all or none; the same id with the same lines takes once',
      security: token('stock:reserve'),
      parameters: [reservationId],
      requestBody: { required: true, content: json(ref('Wanted')) },
      responses: { 201: reservation, 200: reservation, ...refusals, 409: problem },
    },
    get: {
      summary: 'One reservation',
      security: token('stock:reserve'),
      parameters: [reservationId],
      responses: { 200: reservation, ...refusals, 404: problem },
    },
  },
  '/v1/reservations/{id}/commit': reservationCommand('It is sold, and will not expire', { 404: problem }),
  '/v1/reservations/{id}/release': reservationCommand(
    'Put it back; an id that is not known is refused from then on',
    {},
  ),
  '/openapi.json': { get: { summary: 'This document', responses: { 200: { description: 'OpenAPI' } } } },
  '/livez': { get: { summary: 'Is the process alive', responses: text } },
  '/readyz': {
    get: { summary: 'May it get traffic', responses: { ...text, 503: { description: 'Draining' } } },
  },
  '/metrics': { get: { summary: 'Metrics for Prometheus', responses: text } },
};

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Products',
    version: '1.0.0',
    description: 'Catalogue, prices and stock, taken out of the monolith.',
  },
  paths,
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: {
      Money: { type: 'string', pattern: '^\\d+\\.\\d{2}$' },
      Product: object(
        productFields,
        Object.keys(productFields).filter(name => name !== 'description'),
      ),
      NoProduct: object({ error: { type: 'string' } }),
      ProductEdit: object({
        unit_price: ref('Money'),
        stock: { type: 'integer', minimum: 0, maximum: 1_000_000 },
      }),
      Digest: object({ id: { type: 'integer' }, updated_at: { type: 'null' }, hash: { type: 'string' } }),
      Wanted: object(
        {
          lines: { type: 'array', minItems: 1, maxItems: 50, items: line },
          expires_in: { type: 'integer', minimum: 1, maximum: 3600, default: 300, description: 'Seconds' },
        },
        ['lines'],
      ),
      Reservation: object({
        reservation_id: { type: 'string' },
        state: { enum: ['held', 'committed', 'released', 'expired'] },
        expires_at: { type: 'string', format: 'date-time' },
        lines: { type: 'array', items: line },
      }),
      Problem: object(
        {
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
        ['type', 'title', 'status', 'detail', 'instance', 'code'],
      ),
    },
  },
};
