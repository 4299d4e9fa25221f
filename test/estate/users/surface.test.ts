import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientScopes, secretVariable } from '../../../extracted-services/users/clients.ts';
import { openapi } from '../../../extracted-services/users/openapi.ts';
import { scopesOf } from '../../../extracted-services/users/user.ts';
import { openUsersRig, type UsersRig } from '../../kit/users.ts';

const page = readFileSync('docs/services/users.md', 'utf8');
const main = readFileSync('extracted-services/users/main.ts', 'utf8');

let rig: UsersRig;
beforeAll(async () => {
  rig = await openUsersRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

describe('the surface of the users service', () => {
  it('is described: every answer that exists has its place in openapi.json, and the other way round', async () => {
    const { body } = await rig.ask('GET', '/openapi.json');
    expect(body).toEqual(JSON.parse(JSON.stringify(openapi)));
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
        const answer = await fetch(rig.service.url + path.replace('{id}', '1'), {
          method: method.toUpperCase(),
        });
        const outcome = [path, method, answer.status === 405];
        expect(outcome).toEqual([path, method, !(method in operations)]);
        expect(answer.status).not.toBe(404);
        await answer.body?.cancel();
      }
    }
  });

  it('asks for a token wherever openapi.json says so, and nowhere else', async () => {
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const answer = await fetch(rig.service.url + path.replace('{id}', '1'), {
          method: method.toUpperCase(),
        });
        const text = await answer.text();
        const isGuarded = 'security' in operation && 'bearer' in (operation.security as object[])[0]!;
        expect([path, method, text.includes('token-missing')]).toEqual([path, method, isGuarded]);
      }
    }
  });

  it('is on its page, every path of it', () => {
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const method of Object.keys(operations)) {
        expect(page).toContain(`\`${method.toUpperCase()} ${path.replace('{id}', ':id')}\``);
      }
    }
  });
});

describe('docs/services/users.md', () => {
  it('lists every variable that is read, and no other', () => {
    const named = [...page.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) +\|/gm)].flatMap(row => [
      ...(row[1] ?? '').matchAll(/[A-Z_]+/g),
    ]);
    const read = [...main.matchAll(/'([A-Z]+_[A-Z_]+)'/g)].map(([, name = '']) => name);
    const shared = ['DATABASE_URL', 'USERS_DATABASE', 'AMQP_URL', 'BUS_DATABASE'];
    const issuers = ['USERS_URL', 'USERS_ISSUER', 'GATEWAY_ISSUER', 'GATEWAY_JWKS_URL'];
    const legacy = ['LEGACY_URL', 'LEGACY_INTERNAL_TOKEN'];
    const secrets = Object.keys(clientScopes).map(secretVariable);
    const all = new Set([...read, ...shared, ...issuers, ...legacy, ...secrets]);
    expect(named.map(([name]) => name).toSorted()).toEqual([...all].toSorted());
  });

  it('tells the truth about scopes', () => {
    for (const [client, scopes] of Object.entries(clientScopes)) {
      expect(page).toMatch(
        new RegExp(`^\\| \`${client}\` +\\| ${scopes.map(one => `\`${one}\``).join(' ')} +\\|$`, 'm'),
      );
    }
    const row = /^\| staff +\| all of these, and (.*?) +\|$/m.exec(page)?.[1];
    expect(row).toBe(
      scopesOf.staff
        .filter(scope => !scopesOf.customer.includes(scope))
        .map(scope => `\`${scope}\``)
        .join(' '),
    );
    const customer = /^\| customer +\| (.*?) +\|$/m.exec(page)?.[1];
    expect(customer).toBe(scopesOf.customer.map(scope => `\`${scope}\``).join(' '));
  });
});
