import type { EpochKey, EvidenceSettings, Trial } from '../../gateway/compare/evidence.ts';

export const hour = 3_600_000;
export const day = 24 * hour;
/** Where made-up trials begin. */
export const start = Date.UTC(2026, 0, 1);

export const epochKey: EpochKey = { route: 'orders', method: 'GET', entry: 0, rules: 'rules-1', version: '' };

/** What a trial needs to be told; `who` names request and client. */
export type TrialFacts = Partial<Omit<Trial, 'key'>> & { readonly key?: Partial<EpochKey> };

/** A match of GET at the beginning, but for what is said. */
export const trial = ({ key, ...facts }: TrialFacts = {}): Trial => ({
  ...{ at: start, fingerprint: 'f', client: 'c', outcome: 'match', signatures: [], rules: [], status: 200 },
  ...{ ms: { legacy: 10, service: 10 } },
  ...facts,
  key: { ...epochKey, ...key },
});

/** A mismatch with these signatures. */
export const mismatch = (signatures: readonly string[], facts: TrialFacts = {}): Trial =>
  trial({ outcome: 'mismatch', signatures, ...facts });

/** Bound 1 %, and no time asked for. */
export const settings: EvidenceSettings = { maxMismatch: 1, distinctFor: day, span: 0 };

/** Two that may be noise, and one that never is. */
export const clock = '$.updatedAt value epoch-ms:epoch-ms';
export const requestId = 'header:x-trace header uuid:uuid';
export const wrongTotal = '$.total value number:number';
