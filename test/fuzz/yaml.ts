import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { systemClock } from '../../gateway/core/clock.ts';
import { createLoader } from '../../gateway/load-apart.ts';
import { compileAtOnce } from '../../gateway/routing/compile.ts';
import { shop } from '../kit/routes-files.ts';
import { demand, type Kind, mutated, noise, reworded, toKind, within } from './kind.ts';

const edge = `monolith: legacy
upstreams: { legacy: { url: "\${LEGACY}" }, orders: { url: http://127.0.0.1:4103, retry: { attempts: 2 } } }
auth:
  jwt: { issuer: https://id.example.com, jwks: https://id.example.com/keys, algorithms: [ES256] }
edge: { limit: 100/1m, maxBody: 10MiB, ip: { deny: [10.0.0.0/8] } }
routes:
  orders:
    match: ["GET,HEAD /orders/:id", { path: /orders, method: [POST], headers: { x-a: b }, query: { q: "1" } }]
    service: orders
    stage: canary
    data: synced
    percent: 12.5
    by: &by ["cookie:sid", ip]
  others: { match: [/others/*], service: orders, stage: canary, data: synced, percent: 1, by: *by }
`;

const morsels = [
  ...[
    ':',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '|\n',
    '>\n',
    '#',
    '&a ',
    '*a',
    '*orders',
    '!!binary ',
    '!x ',
  ],
  ...[
    '? ',
    '%YAML 1.1\n---\n',
    '---\n',
    '...\n',
    '\t',
    '\n',
    '\r',
    '\0',
    '\ufeff',
    '\u2028',
    '<<: ',
    '__proto__: ',
  ],
  ...[
    'constructor: ',
    'null',
    '~',
    '.nan',
    '.inf',
    '0x1f',
    '1e999',
    '-1',
    '2026-01-01',
    '9'.repeat(400),
    'true',
  ],
  ...[
    '[['.repeat(500),
    '${',
    '${LEGACY}',
    '${NOPE:-x}',
    '/:id/:id',
    '/*/x',
    '//',
    '%2f',
    '  ',
    'stage: done\n',
  ],
];

/** What other places of a file hold, and what is nearly that. */
const words = [
  ...[
    'legacy',
    'orders',
    'canary',
    'migrated',
    'done',
    'GET',
    'get',
    '/orders/:id',
    '/*',
    '/:a/:b',
    '0',
    '100.01',
  ],
  ...[
    '[]',
    '{}',
    '""',
    '[1, 2]',
    '{ a: b }',
    '1s',
    '10MiB',
    '5/1m',
    'http://h:99999',
    'http://u:p@h/',
    'cookie:',
  ],
  ...[
    'yes',
    'toString',
    'é',
    '\u202e',
    'a'.repeat(5000),
    '[unclosed',
    '"open',
    '@a',
    '`a`',
    '!!str',
    '&by x',
    '*by',
  ],
];

/** Longest that a file of a few kilobytes may take, milliseconds. */
const patience = 20_000;

/** Texts as routes.yaml, loaded as a gateway loads them: each is a config that compiles, or problems with their places. */
export async function openYaml(): Promise<Kind & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'figway-fuzz-'));
  const file = join(folder, 'routes.yaml');
  const loader = createLoader(file, { LEGACY: 'http://127.0.0.1:4000' }, systemClock);
  const texts = fc.oneof(
    { weight: 1, arbitrary: noise },
    { weight: 4, arbitrary: mutated([shop, edge], morsels) },
    { weight: 8, arbitrary: reworded([shop, edge], [...morsels, ...words]) },
  );
  const kind = toKind('yaml', texts, async text => {
    await writeFile(file, text);
    const { config, problems } = await within(patience, 'loading', loader.load());
    const lines = text.split('\n').length;
    for (const { code, line, column, message } of problems) {
      demand(code !== 'load-failed' && code !== 'unreadable-file', message);
      demand(line >= 1 && line <= lines && column >= 1, `${code} is said to be at ${line}:${column}`);
    }
    const hasErrors = problems.some(({ severity }) => severity === 'error');
    demand(
      (config === undefined) === hasErrors,
      'a config without errors is one, and one with errors is none',
    );
    if (config !== undefined) compileAtOnce(config);
  });
  return {
    ...kind,
    async [Symbol.asyncDispose]() {
      loader.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
