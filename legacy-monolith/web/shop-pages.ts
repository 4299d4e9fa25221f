import { Router } from 'express';
import {
  bestSellers,
  categories,
  findProduct,
  type Product,
  pageSize,
  searchProducts,
} from '../catalogue.ts';
import type { Shop } from '../shop.ts';
import { type Html, html } from './html.ts';
import { errorPage, field, sendPage, toId } from './page.ts';

/** The pages that need no account: home, catalogue, product, about. */
export function shopPages(shop: Shop): Router {
  const router = Router();
  let views = 0;

  router.get('/', (req, res) => {
    views += 1;
    const body = html`<p>Things for house and garden since 1987.</p>
${searchForm(shop, '', '')}
<h2>Bought often</h2>
${productList(bestSellers(shop, 8))}
<footer>This page has been viewed ${views} times.</footer>`;
    sendPage(shop, req, res, 'Welcome', body);
  });

  router.get('/shop', (req, res) => {
    const category = field(req.query, 'category');
    const search = field(req.query, 'q').slice(0, 100);
    const page = toId(field(req.query, 'page')) || 1;
    const found = searchProducts(shop, { category, search, page });
    const query = new URLSearchParams({ category, q: search, page: String(page + 1) });
    const body = html`${searchForm(shop, category, search)}
${found.length > 0 ? productList(found) : html`<p>Nothing fits.</p>`}
${found.length === pageSize ? html`<p><a href="/shop?${query.toString()}">More</a></p>` : undefined}`;
    sendPage(shop, req, res, 'Shop', body);
  });

  router.get('/shop/:id', (req, res) => {
    const product = findProduct(shop, toId(req.params.id));
    if (product) return sendPage(shop, req, res, product.product_name, productBody(product));
    res.status(404).send(errorPage(404, 'Not Found', 'We do not sell that.'));
  });

  router.get('/about', (_req, res) => {
    res.setHeader('Content-Type', 'text/html; charset=ISO-8859-1');
    res.send(aboutPage);
  });
  return router;
}

const searchForm = (shop: Shop, category: string, search: string): Html =>
  html`<form action="/shop"><input name="q" value="${search}" aria-label="Search">
<select name="category" aria-label="Category"><option value="">everything</option>
${categories(shop).map(
  name => html`<option${name === category ? html` selected` : undefined}>${name}</option>
`,
)}</select> <button>Search</button></form>`;

const productList = (products: readonly Product[]): Html =>
  html`<ul class="products">
${products.map(
  product => html`<li><a href="/shop/${product.product_id}">${product.product_name}</a> <b>${product.unit_price} €</b></li>
`,
)}</ul>`;

const productBody = (product: Product): Html =>
  html`<p>${product.description}</p>
<p><b>${product.unit_price} €</b> · ${product.sku} · ${product.stock > 0 ? `${product.stock} in stock` : 'sold out'}</p>
<form method="post" action="/cart">
<input type="hidden" name="product_id" value="${product.product_id}">
<input name="quantity" type="number" value="1" min="1" max="99" aria-label="Quantity"> <button>Add to cart</button>
</form>`;

/** Written once in 1998 and never touched since: latin-1, where everything else is UTF-8. */
const aboutPage = Buffer.from(
  `<!DOCTYPE html>
<html><head><meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"><title>Über uns</title></head>
<body><h1>Über uns</h1><p>Feigen &amp; Söhne, Schönhauser Straße 7, Berlin. Geöffnet täglich außer an Feiertagen.</p></body></html>
`,
  'latin1',
);
