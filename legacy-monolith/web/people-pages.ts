import { Router } from 'express';
import { changeProfile, register, type User } from '../accounts.ts';
import { logIn } from '../sessions.ts';
import { type Shop, ShopError } from '../shop.ts';
import { pageUser } from './access.ts';
import { type Html, html } from './html.ts';
import { field, redirect, sendPage, setSession, visitorOf } from './page.ts';

/** Becoming a customer, and one's own profile. */
export function peoplePages(shop: Shop): Router {
  const router = Router();

  router.get('/register', (req, res) => {
    sendPage(shop, req, res, 'New here', registerForm({}, ''));
  });

  router.post('/register', async (req, res) => {
    try {
      const user = await register(shop, profileIn(req.body), field(req.body, 'password'));
      setSession(res, logIn(shop, visitorOf(shop, req).session, user.user_id));
      redirect(req, res, '/account/profile');
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      sendPage(shop, req, res, 'New here', registerForm(profileIn(req.body), error.message));
    }
  });

  router.get('/account/profile', (req, res) => {
    const user = pageUser(shop, req, res);
    if (user) sendPage(shop, req, res, 'Your profile', profileForm(user, ''));
  });

  router.post('/account/profile', (req, res) => {
    const user = pageUser(shop, req, res);
    if (!user) return;
    try {
      changeProfile(shop, user.user_id, profileIn(req.body));
      redirect(req, res, '/account/profile');
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      sendPage(shop, req, res, 'Your profile', profileForm(profileIn(req.body), error.message));
    }
  });
  return router;
}

type ProfileFields = Pick<User, 'email' | 'full_name' | 'city'>;

/** The fields of a form or a JSON body; what is missing is empty. */
export const profileIn = (body: unknown): ProfileFields => ({
  email: field(body, 'email'),
  full_name: field(body, 'full_name'),
  city: field(body, 'city'),
});

const fields = (profile: Partial<ProfileFields>, problem: string): Html =>
  html`${problem ? html`<p class="problem">${problem}</p>` : undefined}
<p><label>Email <input name="email" type="email" autocomplete="email" value="${profile.email}"></label></p>
<p><label>Name <input name="full_name" autocomplete="name" value="${profile.full_name}"></label></p>
<p><label>City <input name="city" value="${profile.city}"></label></p>`;

const registerForm = (profile: Partial<ProfileFields>, problem: string): Html =>
  html`<form method="post" action="/register">${fields(profile, problem)}
<p><label>Password <input name="password" type="password" autocomplete="new-password"></label></p>
<button>Open an account</button></form>`;

const profileForm = (profile: ProfileFields, problem: string): Html =>
  html`<form method="post" action="/account/profile">${fields(profile, problem)}
<button>Save</button></form>
<p><a href="/account/payments">Payments</a> <a href="/account/notifications">Mail</a></p>`;
