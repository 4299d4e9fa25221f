import { ExactNumber } from './decimal.ts';

/**
 * A body as a tree: what JSON, ndjson, forms, HTML and XML all become. A number is a double only where that double says
 * exactly what was sent; else it is an `ExactNumber`.
 */
export type Value = null | boolean | number | string | ExactNumber | Repeated | readonly Value[] | Members;

/** Own properties only: a member may be called `constructor` or `__proto__`. */
export interface Members {
  readonly [name: string]: Value;
}

/** A member that an object names more than once. Parsers read the last one; they need not agree. */
export class Repeated {
  /** Two or more, in their order. */
  readonly values: Value[];

  constructor(values: Value[]) {
    this.values = values;
  }

  get last(): Value {
    return this.values.at(-1) as Value;
  }
}

export const isMembers = (value: Value): value is Members =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof ExactNumber) &&
  !(value instanceof Repeated);

/** A tree or the reason why there is none. */
export type Parsed = { readonly root: Value } | { readonly fault: string };

/** Deepest nesting of a body. */
export const maxDepth = 512;
/** Most values and names of members in a body. */
export const maxTokens = 250_000;

export const tooDeep: Parsed = { fault: `deeper than ${maxDepth} levels` };
export const tooMany: Parsed = { fault: `more than ${maxTokens} tokens` };

/** An object without a prototype, to which any name may be added. */
export const emptyMembers = (): Record<string, Value> => Object.create(null) as Record<string, Value>;
