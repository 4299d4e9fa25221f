import { isDrifting } from './canonical/value-class.ts';
import type { Difference, DifferenceKind, ValueClass } from './comparison.ts';

/** The parts of a signature, as `readSignature` finds them. */
export interface SignatureParts {
  /** With `[*]` and `{*}`; may hold spaces. */
  readonly shape: string;
  readonly kind: DifferenceKind;
  readonly legacy: ValueClass;
  readonly service: ValueClass;
}

/** `$.items[*].id value uuid:uuid`: one text for all differences of one shape (comparison.md §5). */
export const toSignature = (shape: string, kind: DifferenceKind, classes: Difference['classes']): string =>
  `${shape} ${kind} ${classes.legacy}:${classes.service}`;

const pattern = /^(.*) ([a-z]+) ([a-z]+(?:-[^\s:]+)?):([a-z]+(?:-[^\s:]+)?)$/s;

export function readSignature(signature: string): SignatureParts | undefined {
  const found = pattern.exec(signature);
  if (found === null) return undefined;
  const [, shape = '', kind, legacy, service] = found;
  return {
    shape,
    kind: kind as DifferenceKind,
    legacy: legacy as ValueClass,
    service: service as ValueClass,
  };
}

/** Kinds that may be noise: the others need a rule with a reason. */
const noisyKinds: ReadonlySet<DifferenceKind> = new Set(['value', 'header']);

/** Whether a difference may be noise at all: both sides have a value, of one class that drifts by itself. */
export const mayBeNoise = ({ kind, legacy, service }: Omit<SignatureParts, 'shape'>): boolean =>
  noisyKinds.has(kind) && legacy === service && isDrifting(legacy);
