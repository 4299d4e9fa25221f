import {
  anything,
  date,
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
  type Schema,
  shape,
  share,
  size,
  text,
} from '../config/define.ts';

const reason = () => text('a reason').describe('Why that is fine');

const ignoreWith = <Why extends Schema>(why: Why) =>
  shape({
    path: text('a path').optional().describe('Where in the body'),
    header: text('a header name').optional().describe('Which answer field'),
    headerPattern: text('a pattern').optional().describe('Which answer fields, as a regular expression'),
    match: text('a regular expression').optional().describe('Only values that match'),
    kind: oneOf(['added', 'removed', 'value']).optional().describe('Only this kind of difference'),
    reason: why,
    expires: date().optional().describe('Date after which the rule is void'),
  });

/** What the values at a path of `types` can be. */
export const ruleTypes = [
  'timestamp',
  'epoch',
  'uuid',
  'hex',
  'digits',
  'jwt',
  'email',
  'url',
  'number',
  'text',
] as const;

/** @param why the reason that a rule must give. */
const compareWith = <Why extends Schema>(why: Why) => ({
  sample: share().prefault('100%').describe('Of the requests that may be shadowed'),
  rate: rate().optional().describe('And never more than this'),
  concurrency: integer(1, 10_000).default(16).describe('Copies in flight at once'),
  methods: list(text('a method')).default(['GET', 'HEAD']).describe('Methods that are copied'),
  writes: shape({
    isolated: flag().default(false).describe('The side effects of the service go nowhere'),
    reason: anything().optional().describe('How that is so'),
  })
    .optional()
    .describe(
      "Copies of other methods: `isolated: true`, with a reason, says that the service's side effects go nowhere",
    ),
  effects: flag().default(false).describe('This GET changes something: never copied'),
  reverse: flag().default(false).describe('In stage migrated, legacy gets a copy'),
  reask: shape({
    share: share().prefault('5%').describe('Of the compared requests'),
    cookies: flag().default(false).describe('Also with the cookie of a user'),
  })
    .optional()
    .describe('Asking legacy twice to learn what differs by itself'),
  settle: duration()
    .prefault('0s')
    .describe('After a mismatch both are asked once more after this; if they agree then, it lagged'),
  span: duration().prefault('24h').describe('How long evidence must have been gathered'),
  maxMismatch: share().prefault('0.1%').describe('The bound behind `ready`'),
  distinctFor: duration().prefault('24h').describe('After this a repeated request counts again'),
  ignore: list(ignoreWith(why)).default([]).describe('Differences that are fine'),
  unordered: list(text('a path')).default([]).describe('Lists whose order means nothing'),
  keyed: mapping(text('a field')).default({}).describe('Lists whose items are told apart by a field'),
  tolerance: list(
    shape({
      path: text('a path').describe('Where in the body'),
      abs: number(0).optional().describe('By so much'),
      rel: number(0).optional().describe('By such a part of the value'),
      reason: why,
    }),
  )
    .default([])
    .describe('Numbers that may differ a little'),
  types: list(
    shape({
      path: text('a path').describe('Where in the body'),
      type: oneOf(ruleTypes).describe('What both values are'),
      tolerance: duration().optional().describe('How far two points in time may be apart'),
    }),
  )
    .default([])
    .describe('What a value is'),
  allowAdded: either([exactly(true), list(text('a path'))])
    .default([])
    .describe('New fields are fine below these paths; `true` for everywhere'),
  statusEquivalent: list(list(integer(100, 599)).min(2))
    .default([])
    .describe('Statuses that mean the same'),
  nullEqualsMissing: flag().default(false).describe('A null is as good as no field'),
  nullEqualsEmpty: flag().default(false).describe('A null is as good as nothing in it'),
  embeddedJson: list(text('a path')).default([]).describe('Strings that hold JSON'),
  hosts: shape({
    legacy: list(text('a host')).default([]).describe('Names of the monolith'),
    service: list(text('a host')).default([]).describe('Names of the service'),
  })
    .optional()
    .describe('Own names inside bodies; upstream addresses are known'),
  body: oneOf(['compare', 'skip']).default('compare').describe('Whether bodies are compared'),
  maxBody: size().prefault('1MiB').describe('Largest body that is compared'),
  keep: oneOf(['shapes', 'differences', 'values'])
    .default('differences')
    .describe(
      '`shapes`: no values, but lengths and keyed hashes; `differences`: only values that differ; `values`: whole bodies. Always redacted',
    ),
  redact: list(text('a path')).default([]).describe('What is never kept'),
  retain: shape({
    age: duration().prefault('7d').describe('Older ones go'),
    bytes: size().prefault('1GiB').describe('Beyond it the oldest go'),
  })
    .optional()
    .describe('How long comparisons are kept'),
});

const compare = shape(compareWith(reason().describe('Why it may differ')));

/** A compare block beside recorded pairs: the same, but nobody has to give a reason. */
export const pairRules = shape(compareWith(reason().optional().describe('Why it may differ')));

const tripwire = shape({
  errors: share().optional().describe('Share of failed answers of the service'),
  mismatches: share().optional().describe('Share of mismatches'),
  slower: share().optional().describe('Share of slow pairs'),
  minimum: integer(1, 1_000_000)
    .default(50)
    .describe('Requests within the window below which it stays still'),
  clients: integer(1, 1_000_000).default(3).describe('Different clients that must be hit'),
  window: duration().prefault('1m').describe('Over how long it counts'),
});

export const routeFields = {
  compare: compare.optional().describe('How both answers are held against each other'),
  tripwire: tripwire.optional().describe('What holds the route by itself'),
};

export type CompareConfig = Infer<typeof compare>;
/** `CompareConfig` with reasons that may lack. */
export type RulesConfig = Infer<typeof pairRules>;
export type TripwireConfig = Infer<typeof tripwire>;

/** What a shadowed route compares by where it says nothing of its own. */
export const compareDefaults = (): CompareConfig => compare.parse({});
