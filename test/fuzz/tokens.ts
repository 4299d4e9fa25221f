import fc from 'fast-check';
import { forge, hmac, seconds } from '../kit/issuer.ts';
import { demand, type Kind, mutated, toKind } from './kind.ts';
import { partnerKey, sessionCookie, sightOf, type Target } from './target.ts';

const morsels = [
  ...[
    '.',
    '..',
    '=',
    '==',
    '-',
    '_',
    '+',
    '/',
    ' ',
    '\t',
    ',',
    ';',
    '"',
    '\\',
    '%',
    '\xff',
    '\x7f',
    'A',
    'e30',
    'bnVsbA',
  ],
  ...[
    'Bearer ',
    'bearer ',
    'Basic ',
    'fgw_',
    'sid=',
    'sid=good; ',
    'W10',
    'eyJhbGciOiJub25lIn0',
    'a'.repeat(9000),
  ],
];

const day = 86_400;

/** Good ones, and such as only look good: of another algorithm, issuer, type or time. */
function tokensOf({ issuer }: Target): string[] {
  const exp = seconds() + day;
  const shared = { iss: issuer.url, aud: 'shop', sub: 'eve', exp };
  return [
    issuer.token({ exp }),
    issuer.token({ exp, sub: 'eve', aud: 'other' }),
    issuer.token({ exp: 1, sub: 'eve' }),
    issuer.token({ exp: 'x', sub: 'eve' }),
    issuer.token({ exp, sub: ['eve'] }),
    issuer.token({ exp, sub: 'eve' }, { crit: ['x'] }),
    issuer.token({ exp, sub: 'eve' }, { kid: 'other' }),
    forge({ alg: 'none' }, shared, () => Buffer.alloc(0)),
    forge({ alg: 'HS256', kid: issuer.key.kid }, shared, hmac(JSON.stringify(issuer.key.jwk))),
    forge({ alg: 'ES256', jwk: issuer.key.jwk }, shared, () => Buffer.alloc(64)),
    forge({ alg: 'ES256', kid: issuer.key.kid }, shared, () => Buffer.alloc(64)),
    forge({ alg: 'ES256', kid: issuer.key.kid }, null, () => Buffer.alloc(64)),
    forge({}, shared, () => Buffer.alloc(64, 1)),
  ];
}

const users: ReadonlySet<string> = new Set(['alice', 'carol', '']);

/** Credentials in every place: what gets in is somebody who is known, and never who only says so. */
export function tokens(target: Target): Kind {
  const bearers = tokensOf(target);
  const field = fc.oneof(
    { weight: 4, arbitrary: mutated(bearers, morsels).map(token => `Authorization: Bearer ${token}`) },
    {
      weight: 1,
      arbitrary: mutated(['Bearer', 'Basic YTpi', ''], morsels).map(text => `Authorization: ${text}`),
    },
    { weight: 2, arbitrary: mutated([partnerKey], morsels).map(key => `X-Api-Key: ${key}`) },
    {
      weight: 2,
      arbitrary: mutated([sessionCookie, 'a=b; ', 'sid=bad'], morsels).map(text => `Cookie: ${text}`),
    },
    { weight: 1, arbitrary: fc.constantFrom('X-User-Id: eve', 'X_User_Id: eve', 'x-user.id: eve') },
  );
  return toKind('tokens', fc.array(field, { minLength: 1, maxLength: 3 }), async fields => {
    const head = ['GET /closed HTTP/1.1', 'Host: shop', 'Connection: close', ...fields, '', ''].join('\r\n');
    const seen = sightOf(await target.say(head));
    if (seen === undefined) return;
    demand(users.has(seen.user), `the service was told that it is ${JSON.stringify(seen.user)}`);
    const isProven = fields.some(text => isProof(text, bearers[0] ?? ''));
    demand(isProven, `it was let in as ${JSON.stringify(seen.user)} by nothing that proves it`);
  });
}

/** Whether there is a good credential in a field, whatever stands around it. Base64 has several spellings of its last bits. */
const isProof = (field: string, token: string): boolean =>
  field.includes(token.slice(0, -1)) || field.includes(partnerKey) || field.includes(sessionCookie);
