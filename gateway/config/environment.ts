export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substituted {
  readonly text: string;
  /** Whether anything came from the environment. */
  readonly isChanged: boolean;
  /** Names without a value and without a default. */
  readonly unset: readonly string[];
  /** What stands between `${` and `}` but is no name. */
  readonly malformed: readonly string[];
}

/** Puts in `${NAME}` and `${NAME:-default}`; `$${` is a literal `${`. Values are not looked through again. */
export function substitute(text: string, env: Environment): Substituted {
  if (!text.includes('${')) return { text, isChanged: false, unset: [], malformed: [] };
  const unset: string[] = [];
  const malformed: string[] = [];
  let isChanged = false;
  const result = text.replaceAll(/\$\$\{|\$\{([^}]*)\}?/g, (whole, inner: string | undefined) => {
    if (inner === undefined) return '${';
    const found = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inner);
    if (found === null || !whole.endsWith('}')) {
      malformed.push(whole);
      return whole;
    }
    isChanged = true;
    const [, name = '', fallback] = found;
    const value = env[name];
    // As in a shell, `:-` also stands in for a variable that is set to nothing.
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    if (fallback === undefined) unset.push(name);
    return fallback ?? '';
  });
  return { text: result, isChanged, unset, malformed };
}

/** The value of an unquoted scalar by the core schema (YAML 1.2.2 §10.3.2). */
export function parseCoreScalar(text: string): string | number | boolean | null {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null;
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return text.toLowerCase() === 'true';
  if (/^[-+]?[0-9]+$/.test(text)) return Number(text);
  if (/^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  return text;
}
