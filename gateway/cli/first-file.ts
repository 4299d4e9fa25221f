/** What the monolith showed when it was asked once. */
export interface Seen {
  readonly status: number;
  /** Names of the cookies that it set. */
  readonly cookies: readonly string[];
}

/** A first routes.yaml: everything goes to the monolith, and the way on stands in comments. */
export function firstFile(origin: string, schema: string, seen: Seen | undefined): string {
  const cookie = seen?.cookies.find(name => /^[\w.-]{1,64}$/.test(name));
  const key = cookie === undefined ? 'ip' : `"cookie:${cookie}"`;
  return `# yaml-language-server: $schema=${schema}
# Which traffic goes where. Saved changes are live at once; a file with a problem changes nothing.

listen:
  gateway: 127.0.0.1:8080     # clients come here

admin:
  listen: 127.0.0.1:8081      # status, holds, metrics

monolith: legacy              # whatever no route claims goes there

upstreams:
  legacy: { url: ${origin} }
  # orders: { url: http://127.0.0.1:4103 }

# A first route. Uncomment it and the upstream above, then move it on, one stage at a time:
# legacy, shadow, canary, migrated, done.
routes:
#   orders-read:
#     owner: team-orders
#     match:
#       - GET /orders
#       - GET /orders/:id
#     service: orders
#     stage: legacy
#     percent: 1            # of the clients, once the stage is canary
#     by: [${key}]${' '.repeat(Math.max(1, 15 - key.length))}# what tells clients apart

# What \`figway test\` checks: which route claims which request.
tests:
  - GET / -> unclaimed
`;
}
