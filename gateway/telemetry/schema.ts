import { flag, type Infer, oneOf, shape } from '../config/define.ts';

export const log = shape({
  level: oneOf(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Records below this level are not written'),
  paths: flag().default(false).describe('Write the raw path and query into the access record'),
});

export type LogConfig = Infer<typeof log>;
