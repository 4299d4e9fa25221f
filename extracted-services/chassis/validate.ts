import { type FieldProblem, Problem } from './problem.ts';

/**
 * Reads the fields of a JSON object. What is wrong is gathered, and a value of the right type is returned all the same, so
 * that all problems are told at once: the values are only good if `readFields` returns.
 */
export interface Fields {
  /** Text of `min` to `max` characters (default 1 and 200), trimmed; `shape` and its words narrow it down. */
  text(name: string, bounds?: TextBounds): string;
  integer(name: string, bounds: { readonly min: number; readonly max: number }): number;
  oneOf<Value extends string>(name: string, values: readonly Value[]): Value;
  /** `min` to `max` objects, each read by `read`. */
  list<T>(
    name: string,
    bounds: { readonly min: number; readonly max: number },
    read: (item: Fields) => T,
  ): readonly T[];
  /** Whether the field is there: neither missing nor null. */
  has(name: string): boolean;
  /** Says that a field is wrong, for what only the caller can know. */
  refuse(name: string, detail: string): void;
}

export interface TextBounds {
  readonly min?: number;
  readonly max?: number;
  readonly shape?: { readonly is: RegExp; readonly words: string };
  /** The value is a secret: messages do not show it, and it is not trimmed. */
  readonly isSecret?: true;
}

/** What `read` makes of the body. Throws the Problem 400 `code` with every field that is wrong. */
export function readFields<T>(body: unknown, code: string, read: (fields: Fields) => T): T {
  const errors: FieldProblem[] = [];
  if (!isRecord(body)) {
    errors.push({ field: '$', detail: `expected an object, got ${show(body)}` });
    throw toProblem(code, errors);
  }
  const value = read(fieldsOf(body, '', errors));
  if (errors.length > 0) throw toProblem(code, errors);
  return value;
}

const toProblem = (code: string, errors: readonly FieldProblem[]): Problem =>
  new Problem(400, code, errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '), { errors });

function fieldsOf(values: Readonly<Record<string, unknown>>, prefix: string, errors: FieldProblem[]): Fields {
  const own = (name: string): unknown => (Object.hasOwn(values, name) ? values[name] : undefined);
  const refuse = (name: string, detail: string): void => {
    errors.push({ field: prefix + name, detail });
  };
  return {
    text(name, { min = 1, max = 200, shape, isSecret } = {}) {
      const given = own(name);
      const text = typeof given === 'string' ? (isSecret ? given : given.trim()) : '';
      const shown = isSecret && typeof given === 'string' ? `${given.length}` : show(given);
      if (typeof given !== 'string' || text.length < min || text.length > max) {
        refuse(name, `expected ${min} to ${max} characters, got ${shown}`);
      } else if (shape && !shape.is.test(text)) refuse(name, `expected ${shape.words}, got ${shown}`);
      return text;
    },
    integer(name, { min, max }) {
      const given = own(name);
      if (Number.isSafeInteger(given) && Number(given) >= min && Number(given) <= max) return Number(given);
      refuse(name, `expected a whole number ${boundsOf(min, max)}, got ${show(given)}`);
      return min;
    },
    oneOf<Value extends string>(name: string, choices: readonly Value[]) {
      const [first] = choices;
      if (first === undefined) throw new TypeError('oneOf needs a choice');
      const known = choices.find(choice => choice === own(name));
      if (known === undefined) refuse(name, `expected ${choices.join(' or ')}, got ${show(own(name))}`);
      return known ?? first;
    },
    list(name, { min, max }, read) {
      const given = own(name);
      const items = Array.isArray(given) ? given : [];
      if (!Array.isArray(given) || items.length < min || items.length > max) {
        refuse(name, `expected a list of ${min} to ${max}, got ${show(given)}`);
      }
      return items.slice(0, max).map((item: unknown, index) => {
        const at = `${prefix}${name}[${index}]`;
        if (!isRecord(item)) errors.push({ field: at, detail: `expected an object, got ${show(item)}` });
        return read(fieldsOf(isRecord(item) ? item : {}, `${at}.`, errors));
      });
    },
    has: name => own(name) !== undefined && own(name) !== null,
    refuse,
  };
}

const boundsOf = (min: number, max: number): string =>
  max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return (JSON.stringify(value) ?? typeof value).slice(0, 60);
}
