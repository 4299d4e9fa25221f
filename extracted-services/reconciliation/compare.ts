/** Holds two stores against each other by their digests: one row at a time, in the order of ids. */

export interface Digest {
  readonly id: number;
  readonly hash: string;
}

/** At most `limit` digests after this id, in the order of ids. */
export type DigestReader = (after: number, limit: number) => Promise<readonly Digest[]>;

/** An id on which the two do not agree. */
export interface Disagreement {
  readonly id: number;
  readonly kind: 'differs' | 'missing-in-legacy' | 'missing-in-service';
}

export interface Comparison {
  readonly rows: number;
  readonly disagreements: readonly Disagreement[];
}

const pageSize = 500;

export async function compareStores(legacy: DigestReader, service: DigestReader): Promise<Comparison> {
  const [ours, theirs] = [walk(legacy), walk(service)];
  const disagreements: Disagreement[] = [];
  let [one, other] = [await ours.next(), await theirs.next()];
  let rows = 0;
  while (!one.done || !other.done) {
    rows += 1;
    const [left, right] = [idOf(one), idOf(other)];
    const kind = kindOf(one.value ?? undefined, other.value ?? undefined);
    if (kind) disagreements.push({ id: Math.min(left, right), kind });
    if (left <= right) one = await ours.next();
    if (right <= left) other = await theirs.next();
  }
  return { rows, disagreements };
}

const idOf = (step: IteratorResult<Digest, void>): number =>
  step.done ? Number.POSITIVE_INFINITY : step.value.id;

function kindOf(legacy: Digest | undefined, service: Digest | undefined): Disagreement['kind'] | undefined {
  if (!service || (legacy && legacy.id < service.id)) return 'missing-in-service';
  if (!legacy || service.id < legacy.id) return 'missing-in-legacy';
  return legacy.hash === service.hash ? undefined : 'differs';
}

/** Throws if a side does not go upwards: that would be a loop without end. */
async function* walk(read: DigestReader): AsyncGenerator<Digest, void> {
  for (let after = 0; ; ) {
    const page = await read(after, pageSize);
    for (const digest of page) {
      if (digest.id <= after) throw new Error(`digests go upwards by id: ${digest.id} came after ${after}`);
      after = digest.id;
      yield digest;
    }
    if (page.length < pageSize) return;
  }
}

/**
 * What still disagrees when it is looked at again: a change that was on its way from one side to the other in the
 * meantime is no disagreement.
 */
export const lasting = (first: Comparison, second: Comparison): Comparison => {
  const before = new Set(first.disagreements.map(({ id }) => id));
  return { rows: second.rows, disagreements: second.disagreements.filter(({ id }) => before.has(id)) };
};
