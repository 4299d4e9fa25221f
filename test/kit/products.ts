import { createAuthority } from '../../extracted-services/chassis/auth.ts';
import type { LegacyFeed } from '../../extracted-services/chassis/legacy/feed.ts';
import {
  type ProductsMore,
  type ProductsService,
  startProducts,
} from '../../extracted-services/products/service.ts';
import { type Issuer, openIssuer } from './issuer.ts';
import { openTempFolder } from './temp-folder.ts';

/** A products service with an issuer of tokens and a folder for its store and its bus; gone after use. */
export interface ProductsRig extends AsyncDisposable {
  readonly service: ProductsService;
  readonly issuer: Issuer;
  /** Its bus, to listen to. */
  readonly busFile: string;
  /** A token with these scopes; `staff` if asked for. */
  token(scope: string, role?: 'staff' | 'customer'): string;
  /** A call with a token, which may be empty. */
  call(method: string, path: string, options: { token: string; body?: unknown }): Promise<Response>;
}

export interface ProductsRigOptions {
  readonly legacy?: LegacyFeed;
  readonly more?: ProductsMore;
  readonly grpcListen?: { readonly host: string; readonly port: number };
  readonly database?: { readonly file?: string; readonly url?: string };
}

export async function openProducts(options: ProductsRigOptions = {}): Promise<ProductsRig> {
  const folder = await openTempFolder();
  const issuer = await openIssuer();
  const busFile = `${folder.path}/bus.db`;
  const service = await startProducts({
    database: options.database ?? { file: `${folder.path}/products.db` },
    bus: { file: busFile },
    authority: createAuthority({
      issuers: [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }],
    }),
    legacy: options.legacy,
    ...(options.grpcListen && { grpcListen: options.grpcListen }),
    ...(options.more && { more: options.more }),
  });
  return {
    service,
    issuer,
    busFile,
    token: (scope, role) => issuer.token({ sub: '2', scope, roles: role ? [role] : [] }),
    call: (method, path, { token, body }) =>
      fetch(service.url + path, {
        method,
        headers: {
          ...(token !== '' && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async [Symbol.asyncDispose]() {
      await service.close();
      await issuer[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
