import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FirstRequest, freePort, inOneLine } from './children.ts';
import type { Role } from './machine.ts';
import type { Bench } from './part.ts';
import type { ProbeAnswer } from './probe.ts';
import type { Ports } from './routes-file.ts';
import { here, itemPath, openServer, type Server } from './server.ts';

/** A gateway under test, with the file that it watches. */
export interface Figway extends Server {
  readonly file: string;
  readonly ports: Ports;
  /** Memory now, and the longest stall of the event loop since it was asked before. */
  probe(): Promise<ProbeAnswer>;
}

export interface FigwayOptions {
  readonly legacy: Server;
  readonly service?: Server;
  readonly first?: FirstRequest;
  /** Where it runs; `anywhere` is not pinned. */
  readonly role?: Role | 'anywhere';
  /** More words of `figway start`. */
  readonly words?: readonly string[];
  /** Load probe.ts into it. */
  readonly isProbed?: boolean;
}

/** Says why there is no gateway to measure; undefined if there is one. */
export const whyNoGateway = (entry: string): string | undefined =>
  existsSync(entry)
    ? undefined
    : `no gateway to measure: ${path.relative(process.cwd(), entry)} does not exist`;

let opened = 0;

/** Starts `figway start` on a file of its own. Throws with what `figway check` says if it does not come up. */
export async function openFigway(
  bench: Bench,
  toYaml: (ports: Ports) => string,
  options: FigwayOptions,
): Promise<Figway> {
  const missing = whyNoGateway(bench.entry);
  if (missing !== undefined) throw new Error(missing);
  const {
    legacy,
    service = legacy,
    first = { path: itemPath },
    role = 'proxy',
    words = [],
    isProbed = false,
  } = options;
  const name = `figway-${opened++}`;
  const file = path.join(bench.children.folder, `${name}.yaml`);
  const store = path.join(bench.children.folder, `${name}.db`);
  const others = { admin: await freePort(), legacy: legacy.port, service: service.port, store };
  let ports: Ports = { gateway: 0, ...others };
  const toArgs = (port: number): string[] => {
    ports = { gateway: port, ...others };
    writeFileSync(file, toYaml(ports));
    const probe = isProbed ? ['--import', path.join(here, 'probe.ts')] : [];
    return [...probe, bench.entry, 'start', '--config', file, ...words];
  };
  const where = { role: role === 'anywhere' ? undefined : role, isAsked: isProbed };
  try {
    const server = await openServer(bench.children, process.execPath, toArgs, where, first);
    return { ...server, file, ports, probe: () => server.child.ask<ProbeAnswer>() };
  } catch (error) {
    const checked = await bench.children.run(process.execPath, [bench.entry, 'check', file], 15);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(checked.code === 0 ? why : `${why}; check says: ${inOneLine(checked.said)}`);
  }
}
