import { createHash } from 'node:crypto';
import type { Express } from 'express';
import { createAdminApp } from '../../gateway/admin/app.ts';
import type { AdminDeps, ConfigFacts } from '../../gateway/admin/deps.ts';
import { createHolds, type Holds } from '../../gateway/admin/holds.ts';
import { createEvidence } from '../../gateway/compare/epochs.ts';
import { createEvents, type Events } from '../../gateway/core/events.ts';
import type { UpstreamStatus } from '../../gateway/proxy/upstream.ts';
import type { Cohort } from '../../gateway/routing/route.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { createTelemetry } from '../../gateway/telemetry/telemetry.ts';
import { makeRoute, unclaimedRoute } from './exchanges.ts';
import { makeGates } from './gates.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** An admin port over a table of four routes; what a test needs else it overrides. */
export interface OpenedAdmin extends Disposable {
  readonly app: Express;
  readonly deps: AdminDeps;
  readonly holds: Holds;
  readonly events: Events;
  readonly clock: ManualClock;
}

export const goodConfig: ConfigFacts = {
  file: 'routes.yaml',
  hash: 'a1b2c3',
  revision: 'build-7',
  loadedAt: 0,
  moves: 'file',
  waitsForRestart: [],
  lastReload: { at: 0, isGood: true, problems: [] },
};

const cohort: Cohort = {
  name: 'checkout',
  threshold: 1000,
  by: [{ kind: 'cookie', name: 'sid' }],
  pins: { service: [], legacy: [] },
};

export const routes = [
  unclaimedRoute,
  makeRoute({ name: 'orders-read', index: 1, stage: 'canary', data: 'synced', cohort }),
  makeRoute({ name: 'orders-write', index: 2, stage: 'legacy' }),
  makeRoute({ name: 'users', index: 3, stage: 'migrated', service: 'users', data: 'service' }),
  makeRoute({ name: 'old', index: 4, stage: 'done' }),
];

export const orders: UpstreamStatus = {
  name: 'orders',
  breaker: 'closed',
  inFlight: 0,
  queued: 0,
  openConnections: 2,
  instances: [{ origin: 'http://127.0.0.1:4103', isHealthy: true, why: '' }],
};

/** A token and its entry in `admin.tokens`. */
export function makeToken(id: string, role: 'viewer' | 'operator' | 'admin', among?: string[]) {
  const secret = `secret-of-${id}`;
  const sha256 = createHash('sha256').update(secret).digest('hex');
  return { entry: { id, sha256, role, routes: among }, header: `Bearer ${secret}` };
}

const limits = { store: 'memory', isUp: true, detail: '' } as const;

export function openAdminApp(overrides: Partial<AdminDeps> = {}): OpenedAdmin {
  const clock = createManualClock();
  const events = createEvents();
  const store = createMemoryStore('figway.db');
  const holds = createHolds({ store, clock, events });
  const telemetry = createTelemetry({
    events,
    clock,
    log: () => ({ level: 'info', paths: false }),
    revision: () => 'build-7',
    facts: () => ({
      ...{ routes, held: holds.list().map(({ route }) => route), upstreams: [orders], limits },
      comparing: { inFlight: 0, unkept: 0, verdicts: [] },
    }),
    write: () => {},
    isHuman: false,
  });
  const deps: AdminDeps = {
    settings: () => ({ tokens: [], hosts: [] }),
    config: () => goodConfig,
    routes: () => routes,
    upstreams: () => [orders],
    observed: () => [],
    limits: () => limits,
    holdSharing: () => ({ redis: 'none', detail: '', isStoreShared: false }),
    keySets: () => [],
    workers: () => [],
    draining: () => undefined,
    reload: async () => ({ isGood: true, hash: 'new', revision: '' }),
    explain: query => ({ asked: query }),
    moveStage: async () => ({ isDone: true, hash: 'moved', revision: '' }),
    discovered: () => ({ since: 0, requests: 0, missing: 0, odd: 0, templates: [] }),
    unclaimedMethods: (_, methods) => methods,
    preview: async () => ({ since: 0, preview: undefined, problems: [], notes: [] }),
    readProgress: async () => ({ samples: [], isPartial: false }),
    proposeStage: async () => ({ isDone: true, patch: 'a patch' }),
    gates: () => makeGates({ now: clock.wall }),
    evidence: createEvidence(),
    holds,
    store: Object.assign(store, {
      status: () => ({ kind: 'sqlite', isAway: false, detail: 'figway.db' }) as const,
    }),
    recording: { open: () => undefined },
    tally: telemetry.tally,
    metrics: telemetry,
    events,
    clock,
    ...overrides,
  };
  return {
    app: createAdminApp(deps),
    deps,
    holds,
    events,
    clock,
    [Symbol.dispose]() {
      holds.close();
      telemetry.close();
    },
  };
}
