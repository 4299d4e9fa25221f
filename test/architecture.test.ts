import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** From left to right: a file imports from its own room and from rooms to its left. */
const order = [
  'core',
  'config',
  'routing',
  'edge',
  'proxy',
  'compare',
  'offline',
  'store',
  'telemetry',
  'admin',
  'gateway',
  'workers',
  'cli',
];

/** The one file, or group of files, that may name each dependency; the rest of the house does not know it. */
const owners: Record<string, string> = {
  zod: 'gateway/config/define.ts',
  yaml: 'gateway/config/tree.ts',
  jose: 'gateway/edge/auth/jose.ts',
  undici: 'gateway/proxy/transport.ts',
  'http-proxy-middleware': 'gateway/proxy/middleware.ts',
  cockatiel: 'gateway/proxy/breaker.ts',
  'prom-client': 'gateway/telemetry/prometheus.ts',
  commander: 'gateway/cli/program.ts',
  'node:sqlite': 'gateway/store/sqlite-',
  pg: 'gateway/store/postgres-pool.ts',
  'express-rate-limit': 'gateway/edge/limit/limiter.ts',
  '@redis/client': 'gateway/edge/limit/redis.ts',
  uplot: 'gateway/admin/dashboard/uplot.ts',
  htmlparser2: 'gateway/compare/canonical/html.ts',
  saxes: 'gateway/compare/canonical/xml.ts',
};

/** The same for the services around the gateway: the files that may name each dependency. */
const estateOwners: Record<string, readonly string[]> = {
  jose: ['extracted-services/chassis/auth.ts', 'extracted-services/users/keys.ts'],
  cockatiel: ['extracted-services/chassis/breaker.ts'],
  pg: ['extracted-services/chassis/database/postgres.ts'],
  amqplib: ['extracted-services/chassis/events/rabbit-link.ts'],
  '@grpc/grpc-js': ['proto', 'server', 'health', 'client'].map(
    part => `extracted-services/chassis/grpc-${part}.ts`,
  ),
  graphql: ['extracted-services/web-bff/graphql/engine.ts', 'extracted-services/web-bff/graphql/bounds.ts'],
  '@grpc/proto-loader': ['extracted-services/chassis/grpc-proto.ts'],
};

/** Express makes both apps, each in the file that owns its app. */
const expressOwners = ['gateway/edge-app.ts', 'gateway/admin/'];

/** Files directly in `gateway/` that are run, not imported. */
const programs = ['main.ts', 'generate.ts'];

interface Import {
  readonly from: string;
  readonly what: string;
}

const filesUnder = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts') && !name.includes('node_modules'))
    .map(name => join(folder, name));

const importsOf = (file: string): Import[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export)\s(?:[\w\s{},*$]*\sfrom\s)?'([^']+)';|\bimport\('([^']+)'\)/gm,
    ),
  ].map(found => ({ from: file, what: found[1] ?? found[2] ?? '' }));

const gateway = filesUnder('gateway');
const imports = gateway.flatMap(importsOf);

function roomOf(file: string): string {
  const [, room = '', ...rest] = file.split('/');
  return rest.length === 0 ? (programs.includes(room) ? 'cli' : 'gateway') : room;
}

const targetOf = (found: Import): string => relative(root, resolve(root, dirname(found.from), found.what));

/** `orders` of `extracted-services/orders/main.ts`; else the folder at the top. */
function serviceOf(file: string): string {
  const [top = '', service = ''] = file.split('/');
  return top === 'extracted-services' ? service : top;
}

const mayImport = (from: string, to: string): boolean =>
  from === to || (to === 'chassis' && from !== 'legacy-monolith');

/** These files of `compare/` and all that they import there. */
function reachedFrom(starts: readonly string[]): string[] {
  const reached = new Set(starts);
  for (const file of reached)
    for (const found of importsOf(file)) {
      const target = found.what.startsWith('.') ? targetOf(found) : '';
      if (target.startsWith('gateway/compare/')) reached.add(target);
    }
  return [...reached];
}

describe('architecture', () => {
  it('has no room that the order does not name', () => {
    expect([...new Set(gateway.map(roomOf))].filter(room => !order.includes(room))).toEqual([]);
  });

  it('imports flow one way', () => {
    const wrong = imports
      .filter(found => found.what.startsWith('.'))
      .filter(found => order.indexOf(roomOf(targetOf(found))) > order.indexOf(roomOf(found.from)))
      .map(found => `${found.from} imports ${targetOf(found)}`);
    expect(wrong).toEqual([]);
  });

  it('only the owner of a dependency knows its name', () => {
    const wrong = imports
      .filter(
        found => !found.what.startsWith('.') && (!found.what.startsWith('node:') || found.what in owners),
      )
      .filter(found => owners[found.what] === undefined || !found.from.startsWith(owners[found.what] ?? ''))
      .filter(found => found.what !== 'express' || !expressOwners.some(owner => found.from.startsWith(owner)))
      .map(found => `${found.from} imports ${found.what}`);
    expect(wrong).toEqual([]);
  });

  it('only the owner of a dependency knows its name among the services', () => {
    const wrong = filesUnder('extracted-services')
      .flatMap(importsOf)
      .filter(found => !found.what.startsWith('.') && !found.what.startsWith('node:'))
      .filter(found => !estateOwners[found.what]?.includes(found.from))
      .map(found => `${found.from} imports ${found.what}`);
    expect(wrong).toEqual([]);
  });

  it('the gateway and the estate do not import each other', () => {
    const estate = [...filesUnder('legacy-monolith'), ...filesUnder('extracted-services')].flatMap(importsOf);
    const wrong = [
      ...imports.filter(found => found.what.startsWith('.') && !targetOf(found).startsWith('gateway/')),
      ...estate.filter(found => found.what.startsWith('.') && targetOf(found).startsWith('gateway/')),
    ].map(found => `${found.from} imports ${targetOf(found)}`);
    expect(wrong).toEqual([]);
  });

  it('no service imports another, the chassis imports none, and the monolith imports neither', () => {
    const wrong = ['extracted-services', 'legacy-monolith']
      .flatMap(filesUnder)
      .flatMap(importsOf)
      .filter(found => found.what.startsWith('.'))
      .filter(found => !mayImport(serviceOf(found.from), serviceOf(targetOf(found))))
      .map(found => `${found.from} imports ${targetOf(found)}`);
    expect(wrong).toEqual([]);
  });

  it('routing is pure: no sockets, no files, no clock', () => {
    const wrong = imports
      .filter(found => found.from.startsWith('gateway/routing/'))
      .filter(found => found.what.startsWith('node:') && !['node:crypto', 'node:http'].includes(found.what))
      .map(found => `${found.from} imports ${found.what}`);
    const clocks = gateway
      .filter(file => file.startsWith('gateway/routing/'))
      .filter(file =>
        /Date\.now|new Date\(\)|performance\.now|setTimeout/.test(readFileSync(join(root, file), 'utf8')),
      );
    expect([...wrong, ...clocks]).toEqual([]);
  });

  it('comparing is pure: no sockets, no files, no clock, no chance', () => {
    const pure = [
      ...gateway.filter(file => file.startsWith('gateway/compare/canonical/')),
      ...reachedFrom(['gateway/compare/judge.ts', 'gateway/compare/rules.ts']),
    ];
    const wrong = pure
      .flatMap(importsOf)
      .filter(found => found.what.startsWith('node:') && !['node:crypto', 'node:zlib'].includes(found.what))
      .map(found => `${found.from} imports ${found.what}`);
    const clocks = pure.filter(file =>
      /Date\.now|new Date\(\)|performance\.now|setTimeout|Math\.random|randomUUID/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect([...wrong, ...clocks]).toEqual([]);
    expect(pure).toContain('gateway/compare/diff.ts');
  });

  it('the environment is read in config, cli and the bin only', () => {
    const wrong = gateway
      .filter(file => !['config', 'cli'].includes(roomOf(file)))
      .filter(file => readFileSync(join(root, file), 'utf8').includes('process.env'));
    expect(wrong).toEqual([]);
  });

  it('is what ARCHITECTURE.md says', () => {
    const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    for (const [dependency, owner] of Object.entries(owners))
      expect(page).toMatch(new RegExp(`^\\| ${dependency} +\\| \`${owner}`, 'm'));
    for (const [dependency, files] of Object.entries(estateOwners)) {
      const row = new RegExp(`^\\| ${dependency} .*\\| (\`extracted-services.*\`) +\\|$`, 'm').exec(
        page,
      )?.[1];
      expect(row).toBe(files.map(file => `\`${file}\``).join(', '));
    }
    const named = [...page.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\.(?:ts|md|yaml))`/g)].map(
      ([, file = '']) => file,
    );
    const missing = named.filter(
      file => !['.', 'gateway'].some(folder => existsSync(join(root, folder, file))),
    );
    expect(missing.filter(file => !gateway.some(known => known.endsWith(`/${file}`)))).toEqual([]);
  });

  it('has no barrels and no drawers', () => {
    const drawers = /(?:^|\/)(?:index|utils?|helpers?|common|misc|manager)\.ts$/;
    expect(gateway.filter(file => drawers.test(file))).toEqual([]);
  });
});
