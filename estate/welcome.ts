/** What `npm start` says once everything runs. */
export interface Welcome {
  readonly rows: readonly { readonly name: string; readonly url: string; readonly pid: number | undefined }[];
  readonly gateway: string;
  /** The admin port. */
  readonly admin: string;
  readonly config: string;
  readonly logs: string;
}

export function welcome({ rows, gateway, admin, config, logs }: Welcome): string {
  return [
    '',
    ...table([
      ['name', 'url', 'health', 'pid'],
      ...rows.map(({ name, url, pid }) => [name, url, 'healthy', String(pid)]),
    ]),
    '',
    'Try, in another terminal:',
    `  curl -i ${gateway}/orders/42/lines`,
    `  sed -i.bak '/order-lines:/,/stage:/s/legacy/migrated/' ${config}    # then ask again`,
    '  npx figway status',
    '',
    'Break the file, kill the service, hold the route: README.md, "The first migration".',
    `The shop: ${gateway}   Its migration: ${admin}   Logs: ${logs}   Stop: Ctrl-C`,
  ].join('\n');
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  return rows.map(row =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
