import { Router } from 'express';
import { changeProduct, findProduct, type Product, searchProducts } from '../catalogue.ts';
import { type Shop, ShopError } from '../shop.ts';
import { pageStaff } from './access.ts';
import { type Html, html } from './html.ts';
import { errorPage, field, redirect, sendPage, toId } from './page.ts';

/** Where staff change prices and stock. */
export function adminPages(shop: Shop): Router {
  const router = Router();

  router.get('/admin/products', (req, res) => {
    if (!pageStaff(shop, req, res)) return;
    const page = toId(field(req.query, 'page')) || 1;
    const found = searchProducts(shop, { category: '', search: field(req.query, 'q').slice(0, 100), page });
    sendPage(shop, req, res, 'Products', productTable(found));
  });

  router.get('/admin/products/:id', (req, res) => {
    if (!pageStaff(shop, req, res)) return;
    const product = findProduct(shop, toId(req.params.id));
    if (product) return sendPage(shop, req, res, product.product_name, productForm(product, ''));
    res.status(404).send(errorPage(404, 'Not Found', 'We do not sell that.'));
  });

  router.post('/admin/products/:id', (req, res) => {
    if (!pageStaff(shop, req, res)) return;
    const product = findProduct(shop, toId(req.params.id));
    if (!product) return void res.status(404).send(errorPage(404, 'Not Found', 'We do not sell that.'));
    const stock = field(req.body, 'stock');
    try {
      changeProduct(shop, product.product_id, {
        unit_price: field(req.body, 'unit_price'),
        stock: /^\d{1,9}$/.test(stock) ? Number(stock) : Number.NaN,
      });
      redirect(req, res, `/admin/products/${product.product_id}`);
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      sendPage(shop, req, res, product.product_name, productForm(product, error.message));
    }
  });
  return router;
}

const productTable = (products: readonly Product[]): Html =>
  html`<table>
${products.map(
  product => html`<tr><td>${product.sku}</td><td><a href="/admin/products/${product.product_id}">${product.product_name}</a></td>
<td>${product.unit_price} €</td><td>${product.stock}</td></tr>
`,
)}</table>`;

const productForm = (product: Product, problem: string): Html =>
  html`${problem ? html`<p class="problem">${problem}</p>` : undefined}
<form method="post" action="/admin/products/${product.product_id}">
<p><label>Price <input name="unit_price" value="${product.unit_price}"></label></p>
<p><label>Stock <input name="stock" type="number" min="0" value="${product.stock}"></label></p>
<button>Save</button></form>`;
