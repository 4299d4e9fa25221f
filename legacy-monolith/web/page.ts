import type { Request, Response } from 'express';
import { findUser, type User } from '../accounts.ts';
import { cartOf, findSession, type Session } from '../sessions.ts';
import type { Shop } from '../shop.ts';
import { type Html, html } from './html.ts';

export const sessionCookie = 'shop_sid';

/** Who asks, as far as the cookie tells. */
export interface Visitor {
  readonly session: Session | undefined;
  readonly user: User | undefined;
}

export function visitorOf(shop: Shop, req: Request): Visitor {
  const sid = new RegExp(`(?:^|;\\s*)${sessionCookie}=([^;]*)`).exec(req.headers.cookie ?? '')?.[1];
  const session = sid ? findSession(shop, sid) : undefined;
  return { session, user: session?.user_id ? findUser(shop, session.user_id) : undefined };
}

export function setSession(res: Response, session: Session): void {
  res.cookie(sessionCookie, session.sid, { httpOnly: true, sameSite: 'lax', path: '/' });
}

/** One value of a form or a query, as text; empty if it is missing or given twice. */
export function field(source: unknown, name: string): string {
  const value = (source as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}

/** The positive whole number in a path or a field; NaN for anything else. */
export const toId = (text: unknown): number =>
  typeof text === 'string' && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : Number.NaN;

/** Redirects to the whole address, as old frameworks do: it carries the host that the client named. */
export function redirect(req: Request, res: Response, path: string): void {
  res.redirect(302, `http://${req.headers.host ?? 'localhost'}${path}`);
}

export function sendPage(shop: Shop, req: Request, res: Response, title: string, body: Html): void {
  res.type('html').send(layout(title, visitorOf(shop, req), shop, body).text);
}

function layout(title: string, { session, user }: Visitor, shop: Shop, body: Html): Html {
  const items = session ? cartOf(shop, session.sid).reduce((sum, item) => sum + item.quantity, 0) : 0;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Fig &amp; Sons</title>
<link rel="stylesheet" href="/static/shop.css">
</head>
<body>
<header>
<a class="brand" href="/"><img src="/static/fig.png" alt="" width="32" height="32"> Fig &amp; Sons</a>
<nav><a href="/shop">Shop</a> <a href="/about">About</a> <a href="/cart">Cart (${items})</a>
${user ? html`<a href="/account/orders">Orders of ${user.full_name}</a> <a href="/account/profile">Profile</a>` : html`<a href="/login">Log in</a> <a href="/register">Register</a>`}
${user?.role === 'staff' ? html`<a href="/admin/products">Products</a>` : undefined}</nav>
</header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
}

/** The page for whatever went wrong, also where a program asked. */
export const errorPage = (status: number, title: string, detail: string): string =>
  html`<!DOCTYPE html>
<html><head><title>${status} ${title}</title></head>
<body><h1>${title}</h1><p>${detail}</p><hr><address>Shop/3.2</address></body></html>
`.text;
