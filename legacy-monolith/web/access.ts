import type { Request, Response } from 'express';
import type { User } from '../accounts.ts';
import type { Shop } from '../shop.ts';
import { errorPage, redirect, visitorOf } from './page.ts';

export const isStaff = (user: User): boolean => user.role === 'staff';

/** Who is logged in, for a page; else the visitor has been sent to the login. */
export function pageUser(shop: Shop, req: Request, res: Response): User | undefined {
  const { user } = visitorOf(shop, req);
  if (!user) redirect(req, res, `/login${req.method === 'GET' ? `?next=${req.path}` : ''}`);
  return user;
}

/** The same for a page that is for staff alone. */
export function pageStaff(shop: Shop, req: Request, res: Response): User | undefined {
  const user = pageUser(shop, req, res);
  if (!user || isStaff(user)) return user;
  res.status(403).send(errorPage(403, 'Forbidden', 'This is for staff.'));
  return undefined;
}

/** Who is logged in, for a program; else 401 has been sent. */
export function apiUser(shop: Shop, req: Request, res: Response): User | undefined {
  const { user } = visitorOf(shop, req);
  if (!user) res.status(401).json({ error: 'not logged in' });
  return user;
}

/** Whether `user` owns it or is staff; else 403 has been sent. */
export function mayReach(user: User, ownerId: number, res: Response): boolean {
  if (user.user_id === ownerId || isStaff(user)) return true;
  res.status(403).json({ error: 'not yours' });
  return false;
}
