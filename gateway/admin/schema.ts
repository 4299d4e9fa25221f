import { address, type Infer, list, oneOf, sha256, shape, text } from '../config/define.ts';

export const admin = shape({
  listen: address()
    .default('127.0.0.1:8081')
    .describe('Address of the admin port; beyond loopback at least one token is mandatory'),
  hosts: list(text('a host'))
    .default([])
    .describe('Host names besides IP literals and loopback names that the port answers to'),
  tokens: list(
    shape({
      id: text('an id').describe('Name of the person or job; it is the who of every move'),
      sha256: sha256().describe('SHA-256 of the token, in hex'),
      role: oneOf(['viewer', 'operator', 'admin']).describe(
        '`viewer` reads, `operator` moves its routes, `admin` does everything',
      ),
      routes: list(text('a route name, or a pattern such as orders-*'))
        .optional()
        .describe('Names or patterns (`orders-*`) of the routes it is limited to'),
    }),
  )
    .default([])
    .describe('Who may do what'),
});

export type AdminConfig = Infer<typeof admin>;
