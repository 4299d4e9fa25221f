import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { estateProcesses } from '../../estate/processes.ts';

interface ComposeService {
  readonly build: { readonly context: string; readonly dockerfile: string };
  readonly user: string;
  readonly read_only: boolean;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

// No container engine takes part: what can be held against the code without one is.
const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose;
const routesFile = readFileSync('routes.yaml', 'utf8');
const processes = estateProcesses({});

/** The variables that a process reads: its main file's, or for the gateway those of routes.yaml and its own. */
const readsOf: Readonly<Record<string, string>> = {
  legacy: readFileSync('legacy-monolith/main.ts', 'utf8'),
  orders: readFileSync('extracted-services/orders/main.ts', 'utf8'),
  gateway: `${routesFile} FIGWAY_LISTEN`,
};

it('runs the same processes as npm start', () => {
  expect(Object.keys(compose.services)).toEqual(processes.map(({ name }) => name));
});

describe.each(processes)('the container of $name', ({ name, args, url, health, env }) => {
  const service = compose.services[name];
  if (!service) throw new TypeError(`docker-compose.yml has no service ${name}`);
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

  it('listens on the port of npm start, on every address of its own', () => {
    const listen = Object.entries(service.environment).find(([variable]) => variable.endsWith('_LISTEN'));
    expect(listen?.[1]).toBe(`0.0.0.0:${port}`);
    expect(line('EXPOSE')).toBe(port);
    expect(dockerfile).toContain(`ENV ${listen?.[0]}=${listen?.[1]}`);
  });

  it('is healthy when npm start says so', () => {
    expect(dockerfile).toContain(`fetch('${health}')`);
  });

  it('sets only variables that the process reads, and all that npm start sets', () => {
    for (const variable of Object.keys(service.environment)) expect(readsOf[name]).toContain(variable);
    expect(Object.keys(service.environment)).toEqual(expect.arrayContaining(Object.keys(env)));
  });

  it('runs as a numbered user on a read-only root, and ends on SIGTERM', () => {
    expect(line('USER')).toMatch(/^\d+:\d+$/);
    expect(service.user).toBe(line('USER'));
    expect(service.read_only).toBe(true);
    expect(line('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('waits for, and mounts, only what there is', () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(Object.keys(compose.services)).toContain(other);
      expect(condition).toBe('service_healthy');
    }
    for (const volume of service.volumes) {
      const source = volume.split(':')[0] ?? '';
      expect(source === '.' || source in compose.volumes).toBe(true);
    }
  });
});

it('opens one port to this machine alone: the gateway’s', () => {
  const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
    ports.map(port => `${name} ${port}`),
  );
  expect(published).toEqual(['gateway 127.0.0.1:8080:8080']);
});

it('gives the gateway the addresses of the other containers', () => {
  const { environment } = compose.services.gateway as ComposeService;
  expect(environment.LEGACY_URL).toBe('http://legacy:4000');
  expect(environment.ORDERS_URL).toBe('http://orders:4103');
});

it('has the ports of npm start as the defaults of routes.yaml', () => {
  for (const { name, url } of processes) {
    const variable = { legacy: 'LEGACY_URL', orders: 'ORDERS_URL' }[name];
    if (variable) expect(routesFile).toContain(`\${${variable}:-${url}}`);
    else expect(routesFile).toContain(`gateway: ${new URL(url).host}`);
  }
});
