import { address, type Infer, list, oneOf, sha256, shape, text } from '../config/define.ts';

export const admin = shape({
  listen: address().default('127.0.0.1:8081'),
  /** Host names besides IP literals and loopback names that the port answers to. */
  hosts: list(text('a host')).default([]),
  tokens: list(
    shape({
      id: text('an id'),
      sha256: sha256(),
      role: oneOf(['viewer', 'operator', 'admin']),
      routes: list(text('a route name, or a pattern such as orders-*')).optional(),
    }),
  ).default([]),
});

export type AdminConfig = Infer<typeof admin>;
