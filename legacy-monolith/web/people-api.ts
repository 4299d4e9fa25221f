import { Router } from 'express';
import { authenticate, changeProfile, findUser, register } from '../accounts.ts';
import { logIn } from '../sessions.ts';
import { type Shop, ShopError } from '../shop.ts';
import { apiUser, mayReach } from './access.ts';
import { field, setSession, toId, visitorOf } from './page.ts';
import { profileIn } from './people-pages.ts';

/** Accounts for the phone: logging in, registering, one's profile. The cookie says who asks. */
export function peopleApi(shop: Shop): Router {
  const router = Router();

  router.post('/session/login', async (req, res) => {
    const user = await authenticate(shop, field(req.body, 'email'), field(req.body, 'password'));
    if (!user) return void res.json({ error: 'email or password is wrong' });
    setSession(res, logIn(shop, visitorOf(shop, req).session, user.user_id));
    res.json(user);
  });

  router.post('/users', async (req, res) => {
    try {
      res.json(await register(shop, profileIn(req.body), field(req.body, 'password')));
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      res.json({ error: error.message });
    }
  });

  router.get('/users/:id', (req, res) => {
    const user = apiUser(shop, req, res);
    const id = toId(req.params.id);
    if (user && mayReach(user, id, res)) res.json((id && findUser(shop, id)) || { error: 'user not found' });
  });

  router.put('/users/:id', (req, res) => {
    const user = apiUser(shop, req, res);
    const id = toId(req.params.id);
    if (!user || !mayReach(user, id, res)) return;
    if (!id || !findUser(shop, id)) return void res.json({ error: 'user not found' });
    try {
      changeProfile(shop, id, profileIn(req.body));
      res.json(findUser(shop, id));
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      res.json({ error: error.message });
    }
  });
  return router;
}
