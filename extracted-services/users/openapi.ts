import { bearer, json, problem, problemSchema, ref, standardPaths } from '../chassis/openapi.ts';

const object = (properties: object, required = Object.keys(properties)) => ({
  type: 'object',
  required,
  properties,
});
const body = (schema: object) => ({ required: true, content: json(schema) });
const form = (schema: object) => ({
  required: true,
  content: { 'application/x-www-form-urlencoded': { schema } },
});
const withScope = (scope: string) => [{ bearer: [scope] }];
const guarded = { 401: problem('No token, or not a good one'), 403: problem('Not with this token') };
const bounded = { 429: problem('Too many attempts; `Retry-After` says when again'), 503: problem('Busy') };
const user = { 200: { description: 'The user', content: json(ref('User')) } };
const query = (name: string, schema: object) => ({ name, in: 'query', schema });
const oauthError = { description: 'RFC 6749 §5.2', content: json(ref('OAuthError')) };
const tokens = { description: 'Tokens', content: json(ref('Tokens')) };
const email = { type: 'string', maxLength: 254 };
const newPassword = { type: 'string', minLength: 10, maxLength: 128 };
const oldPassword = { type: 'string', minLength: 1, maxLength: 128 };
const profile = { full_name: { type: 'string', maxLength: 120 }, city: { type: 'string', maxLength: 80 } };

/** What `GET /openapi.json` answers. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Users', version: '1.0.0', description: 'Accounts, and who may do what.' },
  paths: {
    '/v1/users': {
      post: {
        summary: 'Register',
        requestBody: body(
          object({ email, password: newPassword, ...profile }, ['email', 'password', 'full_name']),
        ),
        responses: {
          201: { description: 'Registered', content: json(ref('User')) },
          400: problem('A field is wrong'),
          409: problem('The email is taken'),
          ...bounded,
        },
      },
      get: {
        summary: 'All users, for staff',
        security: withScope('users:admin'),
        parameters: [
          query('q', { type: 'string', maxLength: 100, description: 'in the email or the name' }),
          query('after', { type: 'integer', minimum: 1, description: '`next` of the page before' }),
          query('limit', { type: 'integer', minimum: 1, maximum: 200, default: 50 }),
        ],
        responses: {
          200: {
            description: 'One page, in the order of ids; `next` is there if more may follow',
            content: json(
              object({ users: { type: 'array', items: ref('User') }, next: { type: 'integer' } }, ['users']),
            ),
          },
          400: problem('A parameter is wrong'),
          ...guarded,
        },
      },
    },
    '/v1/users/{id}': {
      get: {
        summary: 'One user, for staff',
        security: withScope('users:admin'),
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } }],
        responses: { ...user, ...guarded, 404: problem('No such user') },
      },
    },
    '/v1/users/me': {
      get: {
        summary: 'Who the token speaks for',
        security: withScope('profile:read'),
        responses: { ...user, ...guarded, 404: problem('No such user here') },
      },
      put: {
        summary: 'Change name and city',
        security: withScope('profile:write'),
        requestBody: body(object(profile, ['full_name'])),
        responses: {
          ...user,
          400: problem('A field is wrong'),
          ...guarded,
          404: problem('No such user here'),
        },
      },
    },
    '/v1/users/me/password': {
      put: {
        summary: 'Change the password; all logins end',
        security: withScope('profile:write'),
        requestBody: body(object({ current_password: oldPassword, new_password: newPassword })),
        responses: {
          204: { description: 'Changed' },
          400: problem('A field is wrong'),
          ...guarded,
          ...bounded,
        },
      },
    },
    '/v1/login': {
      post: {
        summary: 'Log in with email and password',
        requestBody: body(object({ email, password: oldPassword })),
        responses: {
          200: tokens,
          400: problem('A field is wrong'),
          401: problem('No account has this email and this password'),
          ...bounded,
        },
      },
    },
    '/v1/digests/users': {
      get: {
        summary: 'Digests, to be held against those of the monolith',
        security: withScope('users:read'),
        parameters: [
          query('after', { type: 'integer', minimum: 0, default: 0 }),
          query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 500 }),
        ],
        responses: {
          200: {
            description: 'By id',
            content: json(object({ digests: { type: 'array', items: ref('Digest') } })),
          },
          400: problem('A parameter is wrong'),
          ...guarded,
        },
      },
    },
    '/oauth/token': {
      post: {
        summary: 'Tokens for a client, or for a refresh token (RFC 6749)',
        security: [{ basic: [] }, {}],
        requestBody: form(
          object(
            {
              grant_type: { enum: ['client_credentials', 'refresh_token'] },
              refresh_token: { type: 'string' },
              scope: { type: 'string', description: 'Space separated; default all that is allowed' },
              client_id: { type: 'string' },
              client_secret: { type: 'string' },
            },
            ['grant_type'],
          ),
        ),
        responses: { 200: tokens, 400: oauthError, 401: oauthError, 429: bounded[429] },
      },
    },
    '/oauth/revoke': {
      post: {
        summary: 'Log out: the login of this refresh token ends (RFC 7009)',
        requestBody: form(object({ token: { type: 'string' } })),
        responses: { 200: { description: 'It is over, or never was' }, 400: oauthError },
      },
    },
    '/.well-known/jwks.json': {
      get: {
        summary: 'The keys that access tokens are signed with (RFC 7517)',
        responses: { 200: { description: 'Current and previous', content: json({ type: 'object' }) } },
      },
    },
    ...standardPaths,
  },
  components: {
    securitySchemes: {
      bearer,
      basic: { type: 'http', scheme: 'basic', description: 'Client id and secret, each form-encoded' },
    },
    schemas: {
      User: object({
        user_id: { type: 'integer' },
        email,
        ...profile,
        roles: { type: 'array', items: { enum: ['customer', 'staff'] } },
        created_at: { type: 'string', format: 'date-time' },
      }),
      Digest: object({
        id: { type: 'integer' },
        updated_at: { type: 'null', description: 'The monolith writes none down' },
        hash: { type: 'string', description: 'SHA-256 in hex; never of the password' },
      }),
      Tokens: object(
        {
          access_token: { type: 'string', description: 'A JWT, ES256' },
          token_type: { const: 'Bearer' },
          expires_in: { type: 'integer', description: 'Seconds' },
          refresh_token: { type: 'string', description: 'For people; good once' },
          scope: { type: 'string' },
        },
        ['access_token', 'token_type', 'expires_in', 'scope'],
      ),
      OAuthError: object({
        error: {
          enum: [
            ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client'],
            ...['unsupported_grant_type', 'invalid_scope'],
          ],
        },
        error_description: { type: 'string' },
      }),
      Problem: problemSchema,
    },
  },
};
