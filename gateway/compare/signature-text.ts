import { type Difference, type DifferenceKind, differenceKinds } from './comparison.ts';

/** What a signature says: where, what kind, and the class of the value on either side. */
export interface SignatureText {
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly legacy: string;
  readonly service: string;
}

/** `$.items[*].at value timestamp timestamp`: a path may hold spaces, the other three words never do. */
const pattern = new RegExp(
  `^(.+?)[\\s|,>→]+(${differenceKinds.join('|')})[\\s|,>→]+([a-z0-9-]+)[\\s|,>→]+([a-z0-9-]+)$`,
  's',
);

/** @param shape path with `[n]` as `[*]` and dynamic names as `{*}`. */
export const toSignature = (shape: string, kind: DifferenceKind, classes: Difference['classes']): string =>
  `${shape} ${kind} ${classes.legacy} ${classes.service}`;

/** Undefined where the text is no signature: such a one is never noise. */
export function parseSignature(text: string): SignatureText | undefined {
  const [, path, kind, legacy, service] = pattern.exec(text) ?? [];
  if (path === undefined || legacy === undefined || service === undefined) return undefined;
  return { path, kind: kind as DifferenceKind, legacy, service };
}
