import { bearer, json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

const payment = (description: string) => ({ description, content: json(ref('Payment')) });
const cents = { type: 'integer', minimum: 1, maximum: 100_000_000 };
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const key = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'The same key asks for the same operation again; it takes effect once',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' },
};
const refused = {
  400: problem('A field or the key is wrong'),
  401: problem('No valid token'),
  403: problem('A scope is missing'),
  422: problem('The key was used for something else, or the amount is too large'),
  502: problem('The card network broke; send the same key again'),
  503: problem('The card network is away, or rests behind the breaker; send the same key again'),
  504: problem('The card network is slow; send the same key again'),
};
const operation = (summary: string, body: object) => ({
  post: {
    summary,
    security: [{ bearer: ['payments:write'] }],
    parameters: [id, key],
    ...body,
    responses: {
      200: payment('Done'),
      ...refused,
      404: problem('No such payment'),
      409: problem('Not legal from where it is, or another operation is under way'),
    },
  },
});
const amount = {
  requestBody: {
    description: 'Without an amount: all that there is',
    content: json({ type: 'object', properties: { amount_cents: cents } }),
  },
};

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Payments',
    version: '1.0.0',
    description: 'Money in whole cents, cards as their last four digits.',
  },
  paths: {
    '/v1/payments': {
      get: {
        summary: 'Payments, newest first, at most 100; one’s own, or all for services and staff',
        security: [{ bearer: ['payments:read'] }],
        parameters: [
          {
            name: 'order_id',
            in: 'query',
            description: 'May be repeated: payments of any of these orders',
            schema: { type: 'array', maxItems: 50, items: { type: 'string' } },
          },
        ],
        responses: {
          200: {
            description: 'The payments',
            content: json({
              type: 'object',
              required: ['payments'],
              properties: { payments: { type: 'array', items: ref('Payment') } },
            }),
          },
          400: problem('Too many orders at once'),
          401: problem('No valid token'),
          403: problem('A scope is missing'),
        },
      },
      post: {
        summary: 'Authorise: the bank promises the amount',
        security: [{ bearer: ['payments:write'] }],
        parameters: [key],
        requestBody: { required: true, content: json(ref('Wanted')) },
        responses: { 201: payment('Authorised'), ...refused, 402: problem('The card was declined') },
      },
    },
    '/v1/payments/{id}': {
      get: {
        summary: 'One payment',
        security: [{ bearer: ['payments:read'] }],
        parameters: [id],
        responses: {
          200: payment('The payment'),
          401: problem('No valid token'),
          403: problem('A scope is missing'),
          404: problem('No such payment, or another person’s'),
        },
      },
    },
    '/v1/payments/{id}/capture': operation('Capture: take what was promised, or less', amount),
    '/v1/payments/{id}/refund': operation('Refund: give back what was taken, or a part of it', amount),
    '/v1/payments/{id}/void': operation('Void: let go of a promise that was not captured', {}),
    ...standardPaths,
  },
  components: {
    securitySchemes: { bearer },
    schemas: {
      Wanted: {
        type: 'object',
        required: ['order_id', 'user_id', 'amount_cents', 'card'],
        properties: {
          order_id: { type: 'string', pattern: '^[\\w.:-]{1,64}$' },
          user_id: { type: 'string', pattern: '^[\\w.:-]{1,64}$' },
          amount_cents: cents,
          currency: { enum: ['EUR'], default: 'EUR' },
          card: { type: 'string', description: '12 to 19 digits; used for this call, kept nowhere' },
        },
      },
      Payment: {
        type: 'object',
        required: ['payment_id', 'order_id', 'user_id', 'status', 'amount_cents', 'currency', 'last_four'],
        properties: {
          payment_id: { type: 'string' },
          order_id: { type: 'string' },
          user_id: { type: 'string' },
          status: {
            enum: [
              ...['pending', 'authorised', 'declined', 'captured'],
              ...['partly-refunded', 'refunded', 'voided', 'failed'],
            ],
          },
          amount_cents: { type: 'integer' },
          captured_cents: { type: 'integer' },
          refunded_cents: { type: 'integer' },
          currency: { type: 'string' },
          last_four: { type: 'string', pattern: '^\\d{4}$' },
          reason: { type: 'string', description: 'Why it was declined' },
          created_at: { type: 'string', format: 'date-time' },
          updated_at: { type: 'string', format: 'date-time' },
        },
      },
      Problem: problemSchema,
    },
  },
};
