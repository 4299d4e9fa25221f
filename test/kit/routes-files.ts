/** A small routes.yaml for tests of the command line. */
export const shop = `# The shop, on its way.
monolith: legacy
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
  orders: { url: http://127.0.0.1:4103 }
cohorts:
  checkout: { percent: 10, by: ["cookie:sid"] } # pay and cart move together
routes:
  orders-read: # the first one
    owner: team-orders
    match:
      - GET /orders
      - GET /orders/:id
    service: orders
    rewrite: { /orders/:id: /v1/orders/:id }
    stage: legacy # see ADR 7
    by: [ip]
  pay:
    match: [GET /pay]
    service: orders
    stage: canary
    cohort: checkout
  cart:
    match: [GET /cart]
    service: orders
    stage: canary
    cohort: checkout
tests:
  - GET /orders/42 -> orders-read
  - GET /elsewhere -> unclaimed
`;
