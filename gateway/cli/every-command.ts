import type { ExitCode, OptionSpec } from './command.ts';

/** Options of every command. */
export const globalOptions: readonly OptionSpec[] = [
  { flags: '--config <file>', means: 'the routes file (FIGWAY_CONFIG; default routes.yaml)' },
  {
    flags: '--admin <url>',
    means: 'address of the admin port (FIGWAY_ADMIN_URL; default admin.listen of the routes file)',
  },
  { flags: '--token <token>', means: 'token for the admin port (FIGWAY_ADMIN_TOKEN)' },
];

/** What each exit code says. */
export const exitCodes: readonly { readonly code: ExitCode; readonly means: string }[] = [
  { code: 0, means: 'fine' },
  { code: 1, means: 'problems found, or blocked' },
  { code: 2, means: 'not enough evidence, or not found' },
  { code: 3, means: 'usage or I/O error' },
];
