import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** A validator for one of a document's schemas. */
export function validatorOf(document: OpenApi, schema: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.compile({ $ref: `#/components/schemas/${schema}`, components: document.components });
}

/** `GET /v1/things/:id` for each operation of a document. */
export const operationsOf = (document: OpenApi): readonly string[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );

/** Operations that every service of the estate has. */
export const standardOperations = ['GET /openapi.json', 'GET /livez', 'GET /readyz', 'GET /metrics'];
