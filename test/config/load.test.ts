import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../gateway/schema.ts';
import { errorsOf, linesOf, loadTexts } from '../kit/config.ts';
import { openFolder } from '../kit/files.ts';

const base = `monolith: legacy
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
  orders: { url: http://127.0.0.1:4103 }
`;
const route = (more: string): string =>
  `${base}routes:\n  orders:\n    match: [GET /orders]\n    service: orders\n    stage: legacy\n${more}`;

/** What is appended to a sound file, and the exact lines that follow. */
const bad: readonly (readonly [fact: string, text: string, lines: readonly string[]])[] = [
  [
    'a number out of range',
    route('    percent: 140\n'),
    ['[bad-value] routes.yaml:10:14 error routes.orders.percent: expected 0 to 100, got 140'],
  ],
  [
    'a duration without unit',
    `${base}drain: { timeout: 2 }\n`,
    [
      '[wrong-type] routes.yaml:5:19 error drain.timeout: expected a duration with its unit, such as 500ms, 2s, 1m, 1h or 14d, got 2',
    ],
  ],
  [
    'a share above 100 %',
    base.replace('4103 }', '4103, breaker: { errors: 150% } }'),
    ['[bad-value] routes.yaml:4:60 error upstreams.orders.breaker.errors: expected 0% to 100%, got "150%"'],
  ],
  [
    'an unknown key',
    route('    maxBdy: 3MiB\n'),
    ['[unknown-key] routes.yaml:10:5 error routes.orders.maxBdy: unknown key, did you mean maxBody?'],
  ],
  [
    'an unknown key at the top',
    `${base}upsteams: {}\n`,
    ['[unknown-key] routes.yaml:5:1 error upsteams: unknown key, did you mean upstreams?'],
  ],
  ['a key like no other', `${base}zzzzzz: 1\n`, ['[unknown-key] routes.yaml:5:1 error zzzzzz: unknown key']],
  [
    'a stage that is none',
    route('').replace('stage: legacy', 'stage: cannary'),
    [
      '[bad-value] routes.yaml:9:12 error routes.orders.stage: expected one of legacy, shadow, canary, migrated, done, got "cannary"',
    ],
  ],
  [
    'a missing key',
    route('').replace('    service: orders\n', ''),
    ['[missing] routes.yaml:6:3 error routes.orders.service: expected the name of an upstream, got nothing'],
  ],
  [
    'a union that fits no branch',
    `${base}edge: { bruteForce: never }\n`,
    [
      '[bad-value] routes.yaml:5:21 error edge.bruteForce: expected off, or a rate, such as 600/1m, got "never"',
    ],
  ],
  [
    'a union of the wrong kind',
    `${base}edge: { maxBody: 3 }\n`,
    [
      '[wrong-type] routes.yaml:5:18 error edge.maxBody: expected a size with its unit, such as 64KiB, 10MiB or 1GiB, or a mapping, got 3',
    ],
  ],
  [
    'a mistake inside the long form of a union',
    route('    fallback: { when: never }\n'),
    [
      '[bad-value] routes.yaml:10:23 error routes.orders.fallback.when: expected one of off, safe, unreached, got "never"',
    ],
  ],
  [
    'a match entry without path',
    route('').replace('[GET /orders]', '[{ pth: /x }]'),
    [
      '[missing] routes.yaml:7:13 error routes.orders.match[0].path: expected a path, got nothing',
      '[unknown-key] routes.yaml:7:15 error routes.orders.match[0].pth: unknown key, did you mean path?',
    ],
  ],
  [
    'an empty match',
    route('').replace('[GET /orders]', '[]'),
    ['[bad-value] routes.yaml:7:12 error routes.orders.match: expected at least one match, got none'],
  ],
  [
    'a route with nothing in it',
    `${base}routes:\n  orders:\n`,
    ['[wrong-type] routes.yaml:6:3 error routes.orders: expected a mapping, got nothing'],
  ],
  [
    'a name with odd characters',
    `${base}cohorts: { "a b": { percent: 1 } }\n`,
    [
      '[bad-name] routes.yaml:5:12 error cohorts["a b"]: expected a name of 1 to 64 letters, digits, `.`, `_` or `-`, got "a b"',
    ],
  ],
  [
    'a monolith that is no upstream',
    base.replace('monolith: legacy', 'monolith: legcy'),
    [
      '[unknown-upstream] routes.yaml:1:11 error monolith: expected the name of an upstream, got legcy, did you mean legacy?',
    ],
  ],
  [
    'a service that is no upstream',
    route('').replace('service: orders', 'service: ordres'),
    [
      '[unknown-upstream] routes.yaml:8:14 error routes.orders.service: expected the name of an upstream, got ordres, did you mean orders?',
    ],
  ],
  [
    'a service named like a method of objects',
    route('').replace('service: orders', 'service: constructor'),
    [
      '[unknown-upstream] routes.yaml:8:14 error routes.orders.service: expected the name of an upstream, got constructor',
    ],
  ],
  [
    'a service that is the monolith',
    route('').replace('service: orders', 'service: legacy'),
    [
      '[service-is-monolith] routes.yaml:8:14 error routes.orders.service: expected an upstream other than the monolith, got legacy: a route leads away from it',
    ],
  ],
  [
    'both url and urls',
    base.replace('4103 }', '4103, urls: [http://127.0.0.1:4104] }'),
    ['[url-or-urls] routes.yaml:4:11 error upstreams.orders: expected exactly one of url and urls, got both'],
  ],
  [
    'neither url nor urls',
    base.replace('{ url: http://127.0.0.1:4103 }', '{ timeout: 2s }'),
    [
      '[url-or-urls] routes.yaml:4:11 error upstreams.orders: expected exactly one of url and urls, got neither',
    ],
  ],
  [
    'an address with a path',
    base.replace('4103 }', '4103/v1 }'),
    [
      '[bad-value] routes.yaml:4:18 error upstreams.orders.url: expected an address such as http://127.0.0.1:4000, without path, query or user, got "http://127.0.0.1:4103/v1"',
    ],
  ],
  [
    'an upstream port beyond 65535',
    base.replace('4103 }', '70000 }'),
    [
      '[bad-value] routes.yaml:4:18 error upstreams.orders.url: expected an address such as http://127.0.0.1:4000, got http://127.0.0.1:70000',
    ],
  ],
  [
    'a port beyond 65535',
    `${base}listen: { gateway: "127.0.0.1:70000" }\n`,
    [
      '[bad-address] routes.yaml:5:20 error listen.gateway: expected host:port with a port up to 65535, such as 127.0.0.1:8080 or "[::1]:8080", got 127.0.0.1:70000',
    ],
  ],
  [
    'the same port twice',
    `${base}listen: { gateway: 0.0.0.0:8081 }\n`,
    [
      '[same-address] routes.yaml:1:1 error admin.listen: expected another address than listen.gateway (0.0.0.0:8081), got 127.0.0.1:8081',
    ],
  ],
  [
    'a trust entry that is no CIDR',
    `${base}trust: [10.0.0.0/33, loopback, "::1", 10.0.0.1]\n`,
    [
      '[bad-value] routes.yaml:5:9 error trust[0]: expected a CIDR such as 10.0.0.0/8, an address or loopback, got 10.0.0.0/33',
    ],
  ],
  [
    'an admin port open to all',
    `${base}admin: { listen: 0.0.0.0:8081 }\n`,
    [
      '[admin-open] routes.yaml:5:18 error admin.listen: expected at least one of admin.tokens for a port beyond loopback, got 0.0.0.0:8081 and none\n  fix: listen on 127.0.0.1:8081, or add a token: its sha256 is what `printf %s TOKEN | sha256sum` prints',
    ],
  ],
  [
    'a token id twice',
    `${base}admin:\n  tokens:\n    - { id: a, sha256: ${'a'.repeat(64)}, role: admin }\n    - { id: a, sha256: ${'b'.repeat(64)}, role: viewer }\n`,
    ['[token-twice] routes.yaml:8:13 error admin.tokens[1].id: the token id a is given twice'],
  ],
  [
    'a token in place of its hash, without repeating it',
    `${base}admin: { tokens: [{ id: a, sha256: hunter2, role: admin }] }\n`,
    [
      '[bad-value] routes.yaml:5:36 error admin.tokens[0].sha256: expected a SHA-256 in 64 lower-case hex digits, got 7 characters',
    ],
  ],
  [
    'scopes without an auth section',
    route('    auth: required\n'),
    [
      '[auth-missing] routes.yaml:10:11 error routes.orders.auth: expected an auth: section that says how clients prove who they are, got none',
    ],
  ],
  [
    'a limit by something unknown',
    `${base}edge: { limit: { requests: 1, window: 1s, by: moon } }\n`,
    [
      '[bad-value] routes.yaml:5:47 error edge.limit.by: expected client, user, ip, key or header:NAME, got moon',
    ],
  ],
  [
    'YAML 1.1',
    `%YAML 1.1\n---\n${base}`,
    [
      '[yaml-version] routes.yaml:1:1 error: expected YAML 1.2, got 1.1, which reads `yes`, `010` and `1:30` differently',
    ],
  ],
  [
    'two documents',
    `${base}---\na: 1\n`,
    ['[yaml-documents] routes.yaml:5:1 error: expected one document, got several'],
  ],
  ['a list', '- a\n', ['[not-a-mapping] routes.yaml:1:1 error: expected a mapping, got a list']],
  [
    'an empty file',
    '# nothing\n',
    ['[not-a-mapping] routes.yaml:1:1 error: expected a mapping, got nothing'],
  ],
  [
    'a key twice',
    `${base}drain: {}\ndrain: {}\n`,
    ['[duplicate-key] routes.yaml:6:1 error: the key drain is given twice'],
  ],
  [
    'a merge key',
    `${base}drain:\n  <<: { delay: 1s }\n`,
    [
      '[yaml-key] routes.yaml:6:3 error: merge keys are not part of YAML 1.2: write the keys out, or name a whole value with an alias',
    ],
  ],
  [
    'the key __proto__',
    `${base}routes: { __proto__: {} }\n`,
    ['[yaml-key] routes.yaml:5:11 error: expected another key than __proto__'],
  ],
  [
    'a list as a key',
    `${base}? [a]\n: 1\n`,
    ['[yaml-key] routes.yaml:5:3 error: expected a key of plain text'],
  ],
  [
    'an alias of nothing',
    `${base}drain: *gone\n`,
    ['[yaml-alias] routes.yaml:5:8 error: the alias *gone names no anchor above it'],
  ],
  [
    'an alias inside what it names',
    `${base}drain: &a { timeout: *a }\n`,
    ['[yaml-alias] routes.yaml:5:22 error: the alias *a stands inside what it names'],
  ],
  [
    'a tag of its own',
    `${base}drain: !mine {}\n`,
    ['[yaml-syntax] routes.yaml:5:8 error: unresolved tag: !mine'],
  ],
  [
    'a tab as indentation',
    `${base}drain:\n\tdelay: 1s\n`,
    ['[yaml-syntax] routes.yaml:6:1 error: tabs are not allowed as indentation'],
  ],
  [
    'a variable in flow style without quotes',
    base.replace('http://127.0.0.1:4103', '${URL}'),
    [
      '[yaml-syntax] routes.yaml:4:19 error: unexpected flow-map-start at node end; in flow style (between { } or [ ]) `${…}`, `[` and `]` need quotes',
    ],
  ],
  [
    'a bracket in flow style without quotes',
    route('').replace('GET /orders', 'GET /orders[0]'),
    [
      '[yaml-syntax] routes.yaml:7:24 error: missing , or : between flow sequence items; in flow style (between { } or [ ]) `${…}`, `[` and `]` need quotes',
    ],
  ],
  [
    'a variable that is not set',
    base.replace('http://127.0.0.1:4103', '"${ORDERS}"'),
    [
      '[unset-variable] routes.yaml:4:18 error upstreams.orders.url: expected the environment variable ORDERS, got nothing; ${ORDERS:-default} gives a default',
    ],
  ],
  [
    'a placeholder that is none',
    `${base}revision: \${a b}\n`,
    [
      '[bad-placeholder] routes.yaml:5:11 error revision: expected ${NAME} or ${NAME:-default}, got ${a b}; `$${` is a literal',
    ],
  ],
];

describe('a bad file', () => {
  it.each(bad)('with %s says where and what', async (_, text, lines) => {
    const loaded = await loadTexts({ 'routes.yaml': text });
    expect(errorsOf(loaded)).toEqual(lines);
    expect(loaded.config).toBeUndefined();
  });

  it('says all at once, those of shape and those between parts', async () => {
    const loaded = await loadTexts({
      'routes.yaml': route('    percent: 140\n    colour: red\n')
        .replace('monolith: legacy', 'monolith: legcy')
        .concat('  carts: { match: [GET /carts], service: catrs, stage: legacy }\nlog: { level: loud }\n'),
    });
    expect(loaded.problems.map(problem => `${problem.line} ${problem.code}`)).toEqual([
      '1 unknown-upstream',
      '10 bad-value',
      '11 unknown-key',
      '12 unknown-upstream',
      '13 bad-value',
    ]);
  });

  it('does not blame a reference for a name that is only broken', async () => {
    const text = route('').replace('{ url: http://127.0.0.1:4103 }', '3');
    expect(errorsOf(await loadTexts({ 'routes.yaml': text }))).toEqual([
      '[wrong-type] routes.yaml:4:11 error upstreams.orders: expected a mapping, got 3',
    ]);
  });

  it('that is not there is one problem', async () => {
    const loaded = await loadConfig('/nowhere/routes.yaml', {});
    expect(linesOf(loaded)).toEqual([
      '[unreadable-file] /nowhere/routes.yaml:1:1 error: cannot read /nowhere/routes.yaml: there is no such file',
    ]);
    expect(loaded.files).toEqual(['/nowhere/routes.yaml']);
  });
});

describe('a good file', () => {
  it('is parsed with defaults and frozen all the way down', async () => {
    const { config, problems } = await loadTexts({ 'routes.yaml': route('') });
    expect(problems).toEqual([]);
    expect(config?.listen).toEqual({ gateway: '127.0.0.1:8080', idle: 75_000 });
    expect(config?.edge.maxBody).toBe(100 * 1024 * 1024);
    expect(config?.edge.bruteForce).toEqual({ requests: 300, window: 60_000 });
    expect(config?.drain).toEqual({ delay: 0, timeout: 30_000 });
    expect(Object.isFrozen(config?.routes.orders?.match)).toBe(true);
    expect(Object.isFrozen(config?.edge.unclaimed)).toBe(true);
  });

  it('may leave a section empty', async () => {
    const loaded = await loadTexts({ 'routes.yaml': `${base}routes:\ntests:\n` });
    expect(loaded.config?.routes).toEqual({});
  });

  it('may share values by alias', async () => {
    const text = `${base.replace('4103 }', '4103, breaker: &b { errors: 20% } }')}  carts: { url: http://127.0.0.1:1, breaker: *b }\n`;
    const { config } = await loadTexts({ 'routes.yaml': text });
    expect(config?.upstreams.carts?.breaker).toMatchObject({ errors: 20, window: 10_000 });
  });

  it('has a hash of its text, and a fingerprint of its secrets too', async () => {
    const [a, b, c] = await Promise.all([
      loadTexts({ 'routes.yaml': base }),
      loadTexts({ 'routes.yaml': base }),
      loadTexts({ 'routes.yaml': `${base}#` }),
    ]);
    expect(a.hash).toMatch(/^[0-9a-f]{12}$/);
    expect([a.hash, a.fingerprint]).toEqual([b.hash, b.fingerprint]);
    expect(c.hash).not.toBe(a.hash);
  });

  it('warns of a write that nobody guards, with a request and a fix', async () => {
    const text = route('').replace('GET /orders', 'GET /orders, POST /orders/:id/notes');
    expect(linesOf(await loadTexts({ 'routes.yaml': text }))).toEqual([
      '[unguarded-write] routes.yaml:7:26 warning routes.orders.match[1]: it takes writes, and the gateway asks nobody who they are\n  request: POST /orders/1/notes\n  fix: say auth: required (or scopes), or name only reading methods here',
    ]);
  });
});

describe('the environment', () => {
  const revision = async (written: string, env: Record<string, string>): Promise<unknown> =>
    (await loadTexts({ 'routes.yaml': `${base}revision: ${written}\n` }, env)).config?.revision;

  it('is put in, with defaults and literals', async () => {
    expect(await revision('${SHA}', { SHA: 'abc' })).toBe('abc');
    expect(await revision('${SHA:-none}', {})).toBe('none');
    expect(await revision('${SHA:-none}', { SHA: '' })).toBe('none');
    expect(await revision('"v${SHA}-$${SHA}"', { SHA: '1' })).toBe('v1-${SHA}');
    expect(await revision('${A}', { A: '${B}', B: 'x' })).toBe('${B}');
    expect(await revision('${SHA:-}', {})).toBeUndefined();
  });

  it('gives text where text is asked for, digit for digit', async () => {
    expect(await revision('${SHA}', { SHA: '0012345' })).toBe('0012345');
    expect(await revision('${SHA}', { SHA: '1234e56' })).toBe('1234e56');
    expect(await revision('${SHA}', { SHA: 'true' })).toBe('true');
  });

  it('gives an unquoted scalar its type afterwards, and leaves a quoted one text', async () => {
    const percent = (written: string) =>
      loadTexts({ 'routes.yaml': route(`    percent: ${written}\n`) }, { P: '12.50' });
    expect((await percent('${P}')).config?.routes.orders?.percent).toBe(12.5);
    expect((await percent('"${P}%"')).config?.routes.orders?.percent).toBe(12.5);
    expect(errorsOf(await percent('"${P}"'))).toEqual([
      '[bad-value] routes.yaml:10:14 error routes.orders.percent: expected 0 to 100, got "12.50"',
    ]);
  });

  it('cannot bring in structure', async () => {
    expect(await revision('${X}', { X: 'a\nmonolith: evil' })).toBe('a\nmonolith: evil');
  });
});

describe('a secret in a file', () => {
  const withSecret = `${base.replace('4103 }', '4103, credentials: { tokenUrl: "https://id", clientId: y, clientSecret: { file: secrets/s } } }')}`;

  it('is read beside the yaml, watched, and part of the fingerprint alone', async () => {
    await using folder = await openFolder({ 'routes.yaml': withSecret, 'secrets/s': 'hunter2\n' });
    const first = await loadConfig(folder.at('routes.yaml'), {});
    expect(first.config?.upstreams.orders?.credentials?.clientSecret).toBe('hunter2');
    expect(first.files).toContain(folder.at('secrets/s'));
    expect(JSON.stringify(first.sources)).not.toContain('hunter2');
    await folder.write('secrets/s', 'other');
    const second = await loadConfig(folder.at('routes.yaml'), {});
    expect(second.hash).toBe(first.hash);
    expect(second.fingerprint).not.toBe(first.fingerprint);
  });

  it('that cannot be read is a problem where it is named', async () => {
    await using folder = await openFolder({ 'routes.yaml': withSecret });
    const loaded = await loadConfig(folder.at('routes.yaml'), {});
    expect(errorsOf(loaded).map(line => line.replace(`${folder.path}/`, ''))).toEqual([
      '[unreadable-file] routes.yaml:4:115 error upstreams.orders.credentials.clientSecret.file: cannot read secrets/s: there is no such file',
    ]);
  });
});
