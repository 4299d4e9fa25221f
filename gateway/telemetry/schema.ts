import { flag, type Infer, oneOf, shape } from '../config/define.ts';

export const log = shape({
  level: oneOf(['debug', 'info', 'warn', 'error']).default('info'),
  /** Write the raw path and query into the access record. */
  paths: flag().default(false),
});

export type LogConfig = Infer<typeof log>;
