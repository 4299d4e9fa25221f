import type { TemplateRecord } from '../progress.ts';
import { Distinct } from './distinct.ts';

/** One request, as far as discovery looks at it. */
export interface Sighting {
  readonly method: string;
  /** As sent, without query. */
  readonly path: string;
  /** 0: none is known. */
  readonly status: number;
  /** -1: not known. */
  readonly ms: number;
  /** What tells clients apart; undefined: not known. It is hashed, never kept. */
  readonly client: string | undefined;
  /** Wall clock, milliseconds; 0: not known. */
  readonly at: number;
  readonly setsCookie: boolean;
  /** Requests that it stands for, where not all were looked at. */
  readonly weight: number;
}

/** Methods that one template tells apart; further ones count as `_OTHER`. */
const mostMethods = 19;

/** Buckets to the octave, from 0.1 ms to about 100 s: a quantile is at most 9 % off. */
const perOctave = 4;
const shortest = 0.1;
const buckets = 80;

/** What was counted, once in all and once since it was saved last. */
interface Counts {
  readonly methods: Map<string, number>;
  requests: number;
  errors: number;
  cookieGets: number;
}

const newCounts = (): Counts => ({ methods: new Map(), requests: 0, errors: 0, cookieGets: 0 });

function addCounts(to: Counts, from: Counts): void {
  for (const [method, requests] of from.methods) count(to.methods, method, requests);
  to.requests += from.requests;
  to.errors += from.errors;
  to.cookieGets += from.cookieGets;
}

function count(methods: Map<string, number>, method: string, requests: number): void {
  const name = methods.has(method) || methods.size < mostMethods ? method : '_OTHER';
  methods.set(name, (methods.get(name) ?? 0) + requests);
}

/** What is known of one template. */
export class Facts {
  readonly all = newCounts();
  #unsaved: Counts | undefined = undefined;
  readonly #clients = new Distinct();
  readonly #durations = new Uint32Array(buckets);
  #timed = 0;
  /** As they were saved, of an earlier run. */
  #savedClients = 0;
  #savedP95 = 0;
  firstSeen = 0;
  lastSeen = 0;

  see({ method, status, ms, client, at, setsCookie, weight }: Sighting): void {
    this.#unsaved ??= newCounts();
    for (const counts of [this.all, this.#unsaved]) {
      counts.requests += weight;
      count(counts.methods, method, weight);
      if (status >= 500) counts.errors += weight;
      if (setsCookie && method === 'GET') counts.cookieGets += weight;
    }
    if (client !== undefined) this.#clients.add(client);
    if (ms >= 0) this.#time(ms);
    this.#span(at, at);
  }

  /** Takes in what a store knows. */
  load(record: TemplateRecord): void {
    addCounts(this.all, { ...record, methods: new Map(Object.entries(record.methods)) });
    this.#savedClients = Math.max(this.#savedClients, record.clients);
    if (record.lastSeen >= this.lastSeen) this.#savedP95 = record.p95;
    this.#span(record.firstSeen, record.lastSeen);
  }

  merge(other: Facts): void {
    addCounts(this.all, other.all);
    if (other.#unsaved !== undefined) {
      this.#unsaved ??= newCounts();
      addCounts(this.#unsaved, other.#unsaved);
    }
    this.#clients.merge(other.#clients);
    for (const [at, times] of other.#durations.entries())
      this.#durations[at] = (this.#durations[at] ?? 0) + times;
    this.#timed += other.#timed;
    this.#savedClients = Math.max(this.#savedClients, other.#savedClients);
    this.#savedP95 = Math.max(this.#savedP95, other.#savedP95);
    this.#span(other.firstSeen, other.lastSeen);
  }

  toRecord(template: string): TemplateRecord {
    return this.#record(template, this.all);
  }

  /** What came since it was asked last; undefined: nothing. */
  takeUnsaved(template: string): TemplateRecord | undefined {
    const unsaved = this.#unsaved;
    this.#unsaved = undefined;
    return unsaved === undefined ? undefined : this.#record(template, unsaved);
  }

  #record(template: string, { methods, requests, errors, cookieGets }: Counts): TemplateRecord {
    return {
      ...{ template, methods: Object.fromEntries(methods), requests, errors, cookieGets },
      clients: Math.max(this.#clients.count(), this.#savedClients),
      firstSeen: this.firstSeen,
      lastSeen: this.lastSeen,
      p95: this.#p95(),
    };
  }

  /** Milliseconds; 0: not known. */
  #p95(): number {
    if (this.#timed === 0) return this.#savedP95;
    let at = -1;
    for (let left = this.#timed * 0.95; left > 0; left -= this.#durations[at] ?? 0) at += 1;
    return at <= 0 ? shortest : shortest * 2 ** ((at - 0.5) / perOctave);
  }

  #time(ms: number): void {
    const bucket = ms <= shortest ? 0 : Math.ceil(Math.log2(ms / shortest) * perOctave);
    const at = Math.min(bucket, buckets - 1);
    this.#durations[at] = (this.#durations[at] ?? 0) + 1;
    this.#timed += 1;
  }

  #span(first: number, last: number): void {
    if (first > 0 && (this.firstSeen === 0 || first < this.firstSeen)) this.firstSeen = first;
    if (last > this.lastSeen) this.lastSeen = last;
  }
}
