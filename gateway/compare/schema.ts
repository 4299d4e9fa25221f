import {
  anything,
  duration,
  either,
  exactly,
  flag,
  type Infer,
  integer,
  list,
  mapping,
  number,
  oneOf,
  rate,
  shape,
  share,
  size,
  text,
} from '../config/define.ts';

const reason = () => text('a reason');

const ignore = shape({
  path: text('a path').optional(),
  header: text('a header name').optional(),
  headerPattern: text('a pattern').optional(),
  match: text('a regular expression').optional(),
  kind: oneOf(['added', 'removed', 'value']).optional(),
  reason: reason(),
  expires: text('a date').optional(),
});

const compare = shape({
  sample: share().default(100),
  rate: rate().optional(),
  concurrency: integer(1, 10_000).default(16),
  methods: list(text('a method')).default(['GET', 'HEAD']),
  writes: shape({ isolated: flag().default(false), reason: anything().optional() }).optional(),
  effects: flag().default(false),
  reverse: flag().default(false),
  reask: shape({ share: share().default(5), cookies: flag().default(false) }).optional(),
  settle: duration().default(0),
  span: duration().default(86_400_000),
  maxMismatch: share().default(0.1),
  distinctFor: duration().default(86_400_000),
  ignore: list(ignore).default([]),
  unordered: list(text('a path')).default([]),
  keyed: mapping(text('a field')).default({}),
  tolerance: list(
    shape({ path: text('a path'), abs: number(0).optional(), rel: number(0).optional(), reason: reason() }),
  ).default([]),
  types: list(
    shape({ path: text('a path'), type: text('a type'), tolerance: duration().optional() }),
  ).default([]),
  allowAdded: either([exactly(true), list(text('a path'))]).default([]),
  statusEquivalent: list(list(integer(100, 599)).min(2)).default([]),
  nullEqualsMissing: flag().default(false),
  nullEqualsEmpty: flag().default(false),
  embeddedJson: list(text('a path')).default([]),
  hosts: shape({
    legacy: list(text('a host')).default([]),
    service: list(text('a host')).default([]),
  }).optional(),
  body: oneOf(['compare', 'skip']).default('compare'),
  maxBody: size().default(1024 * 1024),
  keep: oneOf(['shapes', 'differences', 'values']).default('differences'),
  redact: list(text('a path')).default([]),
  retain: shape({
    age: duration().default(7 * 86_400_000),
    bytes: size().default(1024 ** 3),
  }).optional(),
});

const tripwire = shape({
  errors: share().optional(),
  mismatches: share().optional(),
  slower: share().optional(),
  minimum: integer(1, 1_000_000).default(50),
  clients: integer(1, 1_000_000).default(3),
  window: duration().default(60_000),
});

export const routeFields = {
  compare: compare.optional(),
  tripwire: tripwire.optional(),
};

export type CompareConfig = Infer<typeof compare>;
export type TripwireConfig = Infer<typeof tripwire>;
