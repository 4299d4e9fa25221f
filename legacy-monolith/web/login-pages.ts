import { Router } from 'express';
import { authenticate, type User } from '../accounts.ts';
import { endSession, logIn } from '../sessions.ts';
import type { Shop } from '../shop.ts';
import { isStaff } from './access.ts';
import { type Html, html } from './html.ts';
import { field, redirect, sendPage, sessionCookie, setSession, visitorOf } from './page.ts';

/** Logging in and out by form and cookie, and who the cookie belongs to. */
export function loginPages(shop: Shop): Router {
  const router = Router();

  router.get('/login', (req, res) => {
    sendPage(shop, req, res, 'Log in', loginForm(pathOf(field(req.query, 'next')), ''));
  });

  router.post('/login', async (req, res) => {
    const next = pathOf(field(req.body, 'next'));
    const user = await authenticate(shop, field(req.body, 'email'), field(req.body, 'password'));
    if (!user) return sendPage(shop, req, res, 'Log in', loginForm(next, 'Email or password is wrong.'));
    setSession(res, logIn(shop, visitorOf(shop, req).session, user.user_id));
    res.cookie('shop_city', user.city, { path: '/' });
    redirect(req, res, next);
  });

  router.post('/logout', (req, res) => {
    const { session } = visitorOf(shop, req);
    if (session) endSession(shop, session.sid);
    res.clearCookie(sessionCookie);
    redirect(req, res, '/');
  });

  router.get('/session/whoami', (req, res) => {
    const { user } = visitorOf(shop, req);
    res.setHeader('Cache-Control', 'no-store');
    if (!user) return void res.status(401).json({ error: 'not logged in' });
    res.json({ sub: String(user.user_id), scopes: scopesOf(user), roles: [user.role] });
  });
  return router;
}

/** What the services may do for somebody who is logged in here: what their own login would let them. */
const scopesOf = (user: User): readonly string[] => [
  ...['profile:read', 'profile:write', 'orders:read', 'orders:write'],
  ...['products:read', 'payments:read', 'notifications:read'],
  ...(isStaff(user) ? ['products:write', 'payments:write'] : []),
];

/** A path on this host; anything that would lead elsewhere becomes the order history. */
const pathOf = (next: string): string => (/^\/(?![/\\])[\w\-./?=&%]*$/.test(next) ? next : '/account/orders');

const loginForm = (next: string, problem: string): Html =>
  html`${problem ? html`<p class="problem">${problem}</p>` : undefined}
<form method="post" action="/login"><input type="hidden" name="next" value="${next}">
<p><label>Email <input name="email" type="email" autocomplete="username"></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"></label></p>
<button>Log in</button></form>`;
