/** One schema for the whole shop. Money is text, times are local text, and every domain joins every other. */
export const schema = `
CREATE TABLE IF NOT EXISTS users (
  user_id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  full_name TEXT NOT NULL,
  city TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS products (
  product_id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL UNIQUE,
  product_name TEXT NOT NULL,
  category TEXT NOT NULL,
  description TEXT NOT NULL,
  unit_price TEXT NOT NULL,
  stock INTEGER NOT NULL CHECK (stock >= 0)
);
CREATE TABLE IF NOT EXISTS orders (
  order_id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users,
  status TEXT NOT NULL,
  currency TEXT NOT NULL,
  net_total TEXT NOT NULL,
  tax_total TEXT NOT NULL,
  total TEXT NOT NULL,
  placed_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_user ON orders (user_id);
CREATE INDEX IF NOT EXISTS orders_by_update ON orders (updated_at, order_id);
CREATE INDEX IF NOT EXISTS orders_by_placement ON orders (placed_at, order_id);
CREATE TABLE IF NOT EXISTS order_lines (
  order_id INTEGER NOT NULL REFERENCES orders,
  line_no INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL,
  unit_price TEXT NOT NULL,
  line_total TEXT NOT NULL,
  PRIMARY KEY (order_id, line_no)
);
CREATE TABLE IF NOT EXISTS payments (
  payment_id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL UNIQUE REFERENCES orders,
  card_suffix TEXT NOT NULL,
  amount TEXT NOT NULL,
  status TEXT NOT NULL,
  paid_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notifications (
  notification_id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users,
  order_id INTEGER REFERENCES orders,
  subject TEXT NOT NULL,
  sent_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notifications_by_user ON notifications (user_id);
CREATE TABLE IF NOT EXISTS sessions (
  sid TEXT PRIMARY KEY,
  user_id INTEGER REFERENCES users,
  created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS cart_items (
  sid TEXT NOT NULL REFERENCES sessions,
  product_id INTEGER NOT NULL REFERENCES products,
  quantity INTEGER NOT NULL,
  PRIMARY KEY (sid, product_id)
);
`;
