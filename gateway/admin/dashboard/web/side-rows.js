/**
 * Two answers laid line beside line: `{ legacy?, service?, mark, depth }`. `mark` is `differs` where a difference that
 * was found has its place, `varies` where the lines are unequal without one (a rule covers it), else `same`.
 */
export function bodyRows(legacy, service, differences) {
  const one = parse(legacy);
  const other = parse(service);
  const paths = new Set(differences.map(({ path }) => path));
  if (one !== undefined && other !== undefined) {
    const rows = [];
    walk({ one: one.value, other: other.value, path: '$', name: '', depth: 0 }, paths, rows);
    return rows;
  }
  return textRows(linesOf(legacy), linesOf(service));
}

/** Header fields, those of one name on one line. */
export function fieldRows(legacy = [], service = [], differences) {
  const paths = new Set(differences.map(({ path }) => path));
  const names = [...new Set([...legacy, ...service].map(([name]) => name))].sort();
  const textOf = (fields, name) => {
    const values = fields.filter(([one]) => one === name).map(([, value]) => value);
    return values.length === 0 ? undefined : `${name}: ${values.join(' | ')}`;
  };
  return names.map(name => {
    const row = { legacy: textOf(legacy, name), service: textOf(service, name), depth: 0 };
    return { ...row, mark: markOf(row, paths.has(`header:${name}`)) };
  });
}

const markOf = ({ legacy, service }, isFound) =>
  isFound ? 'differs' : legacy === service ? 'same' : 'varies';

/** Numbers stay as they were written: 10765432100123456789 is no double. */
class Numeral {
  constructor(source) {
    this.source = source;
  }
}

function parse(text) {
  if (text === undefined || !/^\s*[[{"\d-]/.test(text)) return undefined;
  try {
    return {
      value: JSON.parse(text, (_, value, context) =>
        typeof value === 'number' ? new Numeral(context?.source ?? String(value)) : value,
      ),
    };
  } catch {
    return undefined;
  }
}

const kindOf = value =>
  Array.isArray(value)
    ? 'array'
    : value instanceof Numeral || value === null || typeof value !== 'object'
      ? 'scalar'
      : 'object';

const brackets = { array: ['[', ']'], object: ['{', '}'] };

/** `undefined` is a side that has nothing there; JSON has no such value. */
function walk({ one, other, path, name, depth }, paths, rows) {
  const kinds = [one, other].map(value => (value === undefined ? undefined : kindOf(value)));
  const kind = kinds[0] ?? kinds[1];
  const isMixed = kinds[0] !== undefined && kinds[1] !== undefined && kinds[0] !== kinds[1];
  if (isMixed || kind === 'scalar') {
    const row = { legacy: show(name, one), service: show(name, other), depth };
    rows.push({ ...row, mark: markOf(row, paths.has(path)) });
    return;
  }
  const [open, close] = brackets[kind];
  const isHere = paths.has(path);
  const side = (value, text) => (value === undefined ? undefined : text);
  const head = { legacy: side(one, `${name}${open}`), service: side(other, `${name}${open}`), depth };
  rows.push({ ...head, mark: markOf(head, isHere) });
  for (const [step, key] of stepsOf(kind, one, other))
    walk(
      {
        one: memberOf(one, key),
        other: memberOf(other, key),
        path: `${path}${step}`,
        name: kind === 'array' ? '' : `${JSON.stringify(key)}: `,
        depth: depth + 1,
      },
      paths,
      rows,
    );
  const foot = { legacy: side(one, close), service: side(other, close), depth };
  rows.push({ ...foot, mark: markOf(foot, false) });
}

const memberOf = (value, key) => (value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined);

function stepsOf(kind, one = [], other = []) {
  if (kind === 'array')
    return Array.from({ length: Math.max(one.length ?? 0, other.length ?? 0) }, (_, at) => [`[${at}]`, at]);
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].map(key => [stepTo(key), key]);
}

const plainName = /^[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*$/;

/** `.name`, or `['odd key']` (RFC 9535 §2.5). */
const stepTo = key =>
  plainName.test(key)
    ? `.${key}`
    : `['${key.replace(/[\\']/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, code => `\\u${code.charCodeAt(0).toString(16).padStart(4, '0')}`)}']`;

function show(name, value) {
  if (value === undefined) return undefined;
  if (value instanceof Numeral) return `${name}${value.source}`;
  return `${name}${JSON.stringify(value, (_, inner) => (inner instanceof Numeral ? Number(inner.source) : inner))}`;
}

const linesOf = text => (text === undefined ? [] : text.split(/\r?\n/));

/** Cells of the table behind the longest common run of lines; beyond, lines stand beside each other as they come. */
const cellBound = 250_000;

function textRows(one, other) {
  if (one.length * other.length > cellBound)
    return Array.from({ length: Math.max(one.length, other.length) }, (_, at) => textRow(one[at], other[at]));
  const lengths = commonLengths(one, other);
  const rows = [];
  let [at, beside] = [0, 0];
  while (at < one.length || beside < other.length) {
    if (at < one.length && beside < other.length && one[at] === other[beside])
      rows.push(textRow(one[at++], other[beside++]));
    else if (
      beside >= other.length ||
      (at < one.length && lengths[at + 1][beside] >= lengths[at][beside + 1])
    )
      rows.push(textRow(one[at++], undefined));
    else rows.push(textRow(undefined, other[beside++]));
  }
  return rows;
}

const textRow = (legacy, service) => ({
  legacy,
  service,
  depth: 0,
  mark: legacy === service ? 'same' : 'differs',
});

function commonLengths(one, other) {
  const lengths = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let at = one.length - 1; at >= 0; at -= 1)
    for (let beside = other.length - 1; beside >= 0; beside -= 1)
      lengths[at][beside] =
        one[at] === other[beside]
          ? lengths[at + 1][beside + 1] + 1
          : Math.max(lengths[at + 1][beside], lengths[at][beside + 1]);
  return lengths;
}
