import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { estateProcesses } from '../../estate/processes.ts';
import { clientSecrets, ports, secretNames } from '../../estate/wiring.ts';

interface ComposeService {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly image?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

// No container engine takes part: what can be held against the code without one is.
const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const routesFile = readFileSync('routes.yaml', 'utf8');
const processes = estateProcesses({}, {});
const servers = ['postgres', 'rabbitmq', 'redis'];

/** The texts in which a process names the variables that it reads: its main file, and what that imports of the chassis. */
function sourcesOf(main: string): string {
  const text = readFileSync(main, 'utf8');
  const chassis = [...text.matchAll(/'(\.\.\/chassis\/[^']+)'/g)].map(([, path = '']) =>
    readFileSync(join(dirname(main), path), 'utf8'),
  );
  const service = basename(dirname(main));
  const names = chassis.some(part => part.includes('_DATABASE`'))
    ? `${service.toUpperCase().replaceAll('-', '_')}_DATABASE`
    : '';
  const secrets = text.includes('secretVariable') ? clientSecrets.join(' ') : '';
  return [text, ...chassis, names, secrets].join('\n');
}

/** For the gateway those of routes.yaml and its own. */
const readsOf = (name: string, main: string): string =>
  name === 'gateway' ? `${routesFile} FIGWAY_LISTEN` : sourcesOf(main);

/** What takes the place of a file where there is a server. */
const insteadOf = (variable: string): string =>
  ({ BUS_DATABASE: 'AMQP_URL' })[variable] ??
  (/^(?!LEGACY).*_DATABASE$/.test(variable) ? 'DATABASE_URL' : variable);

it('runs the servers, and the same processes as npm start', () => {
  expect(Object.keys(compose.services)).toEqual([...servers, ...processes.map(({ name }) => name)]);
});

describe.each(servers)('the container of %s', name => {
  const service = compose.services[name];

  it('is an image with a version and a check of its health', () => {
    expect(service?.image).toMatch(/^[a-z]+:\d+-alpine$/);
    expect(service?.healthcheck?.test[0]).toBe('CMD');
  });
});

describe.each(processes)('the container of $name', ({ name, args, url, health, env, listens, needs }) => {
  const service = compose.services[name];
  if (!service?.build) throw new TypeError(`docker-compose.yml builds no ${name}`);
  const environment = service.environment ?? {};
  const dockerfile = readFileSync(service.build.dockerfile, 'utf8');
  const line = (instruction: string): string =>
    new RegExp(`^${instruction} (.*)$`, 'm').exec(dockerfile)?.[1] ?? '';
  const port = new URL(url).port;

  it('starts the file that npm start starts', () => {
    expect(JSON.parse(line('ENTRYPOINT'))).toEqual(['node', args[0]]);
    const command: readonly string[] = service.command ?? [];
    expect(command.filter(word => word !== '/config/routes.yaml')).toEqual(
      args.slice(1).filter(word => word !== 'routes.yaml'),
    );
  });

  it('copies the folder of that file, and nothing that is not there or not sent', () => {
    const ignored = readFileSync('.dockerignore', 'utf8');
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
      match => match[1]?.split(' ') ?? [],
    );
    expect(copies.some(source => args[0]?.startsWith(`${source}/`))).toBe(true);
    for (const source of copies) {
      expect([source, existsSync(source)]).toEqual([source, true]);
      expect(ignored).toContain(`!${source.split('/')[0]}`);
    }
  });

  it('listens on the ports of npm start, on every address of its own', () => {
    // The admin port stays on the container's own loopback.
    const open = Object.entries(listens).filter(([variable]) => variable !== 'FIGWAY_ADMIN_LISTEN');
    for (const [variable, address] of open) {
      expect(environment[variable]).toBe(`0.0.0.0:${new URL(`http://${address}`).port}`);
      expect(dockerfile).toContain(`ENV ${variable}=${environment[variable]}`);
    }
    expect(line('EXPOSE')).toBe(port);
  });

  it('is healthy when npm start says so', () => {
    expect(dockerfile).toContain(`fetch('${health}')`);
  });

  it('sets only variables that the process reads, and all that npm start sets', () => {
    const reads = readsOf(name, args[0] ?? '');
    for (const variable of Object.keys(environment)) expect(reads).toContain(variable);
    // Nobody turns the switches of a container while it runs.
    const wanted = Object.keys(env).filter(one => !/^FIGWAY_ADMIN_LISTEN$|_SWITCHES$/.test(one));
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(wanted.map(insteadOf)));
  });

  it('finds the others by the names of their containers, at the ports of npm start', () => {
    for (const [variable, value] of Object.entries(environment)) {
      const target = /^http:\/\/([a-z-]+):(\d+)/.exec(value);
      if (!target) continue;
      const [, host = '', at] = target;
      const other = processes.find(one => one.name === host);
      expect([variable, new URL(other?.url ?? 'http://none:1').port]).toEqual([variable, at]);
      expect(variable).toContain(host === 'gateway' ? 'GATEWAY' : host.toUpperCase().replaceAll('-', '_'));
    }
  });

  it('gets each secret from outside, and asks for it by its name', () => {
    for (const variable of Object.keys(environment).filter(one => secretNames.includes(one)))
      expect(environment[variable]).toBe(`\${${variable}:?npm run estate -- secrets > .env}`);
  });

  it('runs as a numbered user on a read-only root, and ends on SIGTERM', () => {
    expect(line('USER')).toMatch(/^\d+:\d+$/);
    expect(service.user).toBe(line('USER'));
    expect(service.read_only).toBe(true);
    expect(line('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('waits for what it needs, and mounts only what there is', () => {
    const waits = Object.entries(service.depends_on ?? {});
    expect(waits.map(([other]) => other)).toEqual(expect.arrayContaining([...needs]));
    for (const [other, { condition }] of waits) {
      expect(Object.keys(compose.services)).toContain(other);
      expect(condition).toBe('service_healthy');
    }
    for (const [variable, server] of Object.entries(serverOf)) {
      if (variable in environment) expect(waits.map(([other]) => other)).toContain(server);
    }
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0] ?? '';
      expect(source === '.' || source in compose.volumes).toBe(true);
    }
  });
});

const serverOf = { DATABASE_URL: 'postgres', AMQP_URL: 'rabbitmq', REDIS_URL: 'redis' };

it('opens one port to this machine alone: the gateway’s', () => {
  const published = Object.entries(compose.services).flatMap(([name, { ports: open = [] }]) =>
    open.map(port => `${name} ${port}`),
  );
  expect(published).toEqual(['gateway 127.0.0.1:8080:8080']);
});

it('has the addresses of npm start as the defaults of routes.yaml', () => {
  const defaults = [...routesFile.matchAll(/\$\{([A-Z]+)_(?:URL|VIA|ISSUER):-http:\/\/([^}]+)\}/g)];
  expect(defaults.length).toBeGreaterThan(1);
  for (const [, name = '', address] of defaults)
    expect([name, address]).toEqual([name, `127.0.0.1:${ports[name as 'USERS']}`]);
  expect(routesFile).toContain(`gateway: 127.0.0.1:${ports.FIGWAY}`);
  expect(routesFile).toContain(`\${FIGWAY_ADMIN_LISTEN:-127.0.0.1:${ports.FIGWAY_ADMIN}}`);
});
