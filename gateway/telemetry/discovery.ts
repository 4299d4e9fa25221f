import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Sighting } from '../routing/discovery/facts.ts';
import { TemplateTree } from '../routing/discovery/template-tree.ts';
import { addTemplates, type ProgressStore, type TemplateRecord, templatesKept } from '../routing/progress.ts';

/** Milliseconds that a request waits until it is looked at. */
const period = 500;
/** Requests that are looked at in a period; where more came in the one before, only every second, third, … is. */
const perPeriod = 2048;
/** Requests that are looked at in one turn of the event loop: a millisecond or two. */
const perTurn = 200;
const saveEvery = 60_000;

/** Unclaimed traffic in path templates, looked at behind the answers. It holds no path, no query and no address. */
export interface Discovery {
  /** Takes in what the store knows. Rejects if the store is away. */
  load(): Promise<void>;
  view(): Discovered;
  /** Looks at all that waits, and saves. Rejects if the store is away; then it is offered again with the next. */
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface Discovered {
  /** Wall clock, milliseconds: since when it is known what comes. */
  readonly since: number;
  /** That stand in `templates`. */
  readonly requests: number;
  /** Of this run: requests that were answered with there being nothing, and those with odd targets. */
  readonly missing: number;
  readonly odd: number;
  /** Most requests first. */
  readonly templates: readonly TemplateRecord[];
}

export interface DiscoveryParts {
  readonly events: Events;
  readonly clock: Clock;
  readonly store: Pick<ProgressStore, 'templates' | 'saveTemplates'>;
}

export function createDiscovery({ events, clock, store }: DiscoveryParts): Discovery {
  const tree = new TemplateTree();
  const startedAt = clock.wall();
  const unsaved = new Map<string, TemplateRecord>();
  const waiting: Sighting[] = [];
  let odd = 0;
  let came = 0;
  let stride = 1;
  let cancelLook: (() => void) | undefined;
  let cancelSave: (() => void) | undefined;
  let isAway = false;

  const look = (most: number): void => {
    for (const sighting of waiting.splice(0, most)) tree.see(sighting);
  };

  const lookOn = (): void => {
    look(perTurn);
    if (waiting.length > 0) cancelLook = clock.after(1, lookOn);
    else {
      cancelLook = undefined;
      stride = Math.max(1, Math.ceil(came / perPeriod));
      came = 0;
    }
  };

  const stop = events.on('exchange-finished', ({ exchange, totalMs }) => {
    if (exchange.route.index !== 0 || !isOfUpstream(exchange)) return;
    if (exchange.target.isOdd || exchange.target.path === '*') {
      odd += 1;
      return;
    }
    came += 1;
    if (came % stride !== 0 || waiting.length >= perPeriod) return;
    waiting.push(toSighting(exchange, totalMs, { at: clock.wall(), weight: stride }));
    cancelLook ??= clock.after(period, lookOn);
    cancelSave ??= clock.after(saveEvery, () => void saveLoudly());
  });

  const take = (): void => {
    look(waiting.length);
    for (const record of tree.takeUnsaved()) {
      const known = unsaved.get(record.template);
      unsaved.set(record.template, known === undefined ? record : addTemplates(known, record));
    }
    for (const template of unsaved.keys()) if (unsaved.size > templatesKept) unsaved.delete(template);
  };

  const save = async (): Promise<void> => {
    take();
    const records = [...unsaved.values()];
    if (records.length === 0) return;
    unsaved.clear();
    try {
      await store.saveTemplates(records);
    } catch (error) {
      for (const record of records) {
        const later = unsaved.get(record.template);
        unsaved.set(record.template, later === undefined ? record : addTemplates(record, later));
      }
      throw error;
    }
  };

  const saveLoudly = async (): Promise<void> => {
    cancelSave = undefined;
    try {
      await save();
      isAway = false;
    } catch (error) {
      if (!isAway) events.emit({ type: 'store-failed', task: 'keep templates', reason: String(error) });
      isAway = true;
      cancelSave ??= clock.after(saveEvery, () => void saveLoudly());
    }
  };

  return {
    async load() {
      for (const record of await store.templates()) tree.load(record);
    },
    view() {
      look(perTurn);
      const templates = tree.list().map(({ template, facts }) => facts.toRecord(template));
      return {
        since: templates.reduce((first, record) => Math.min(first, record.firstSeen || first), startedAt),
        requests: templates.reduce((sum, { requests }) => sum + requests, 0),
        missing: tree.missing,
        odd,
        templates: templates.sort(byRequests),
      };
    },
    save,
    async close() {
      stop();
      cancelLook?.();
      cancelSave?.();
      await saveLoudly();
      cancelSave?.();
    },
  };
}

/** An upstream was asked, even where it did not answer. What the gateway refuses says nothing of the monolith. */
const isOfUpstream = ({ served, status }: Exchange): boolean =>
  served !== undefined || (status >= 502 && status <= 504);

const toSighting = (
  { method, target, status, client, setsCookie }: Exchange,
  ms: number,
  seen: Pick<Sighting, 'at' | 'weight'>,
): Sighting => ({ ...seen, method, path: target.path, status, ms, client: client.address, setsCookie });

const byRequests = (one: TemplateRecord, other: TemplateRecord): number =>
  other.requests - one.requests || (one.template < other.template ? -1 : 1);
