/** What can be asked (GraphQL, October 2021). Lists of the shop have a bound each; `bounds.ts` counts by the same numbers. */
export const typeDefs = `
type Query {
  "Who the token speaks for."
  me: User
  product(id: Int!): Product
  "24 a page."
  products(search: String = "", category: String = "", page: Int = 1): [Product!]!
  "One of one's own."
  order(id: Int!): Order
  "One's own, newest first."
  orders(first: Int = 20, before: Int): OrderPage!
  "Newest first."
  notifications(first: Int = 20, before: Int): NotificationPage!
}

type User { id: Int!, email: String!, fullName: String!, city: String!, roles: [String!]! }

type Product {
  id: Int!
  sku: String!
  name: String!
  category: String!
  description: String
  priceCents: Int!
  stock: Int!
}

"What a list has of an order: its lines are asked for with the order itself."
type OrderSummary {
  id: Int!
  status: String!
  paymentStatus: String
  currency: String!
  totalCents: Int!
  placedAt: String!
  updatedAt: String!
  "Newest first."
  payments: [Payment!]
}

type OrderPage { items: [OrderSummary!]!, next: Int }

type Order {
  id: Int!
  status: String!
  paymentStatus: String
  currency: String!
  netCents: Int!
  taxCents: Int!
  totalCents: Int!
  placedAt: String!
  updatedAt: String!
  lines: [Line!]!
  payments: [Payment!]
}

type Line {
  lineNo: Int!
  productId: Int!
  sku: String!
  name: String!
  quantity: Int!
  unitCents: Int!
  totalCents: Int!
  "What it is today; null if it is gone."
  product: Product
}

type Payment {
  id: String!
  status: String!
  amountCents: Int!
  capturedCents: Int!
  refundedCents: Int!
  currency: String!
  lastFour: String!
  createdAt: String!
}

type Notification { id: Int!, subject: String!, text: String!, createdAt: String! }

type NotificationPage { items: [Notification!]!, next: Int }
`;

/** Rows that a list is taken to have for the complexity of what is asked; for a field with `first`, that instead. */
export const rowsOf: Readonly<Record<string, number>> = {
  products: 24,
  orders: 20,
  notifications: 20,
  lines: 10,
  payments: 2,
};

/** What a field costs by itself, where it is more than 1: it asks a service. */
export const costOf: Readonly<Record<string, number>> = {
  me: 10,
  product: 10,
  products: 10,
  order: 10,
  orders: 10,
  notifications: 10,
};
