const credential =
  /([?&;](?:[\w.-]*(?:token|secret|passw(?:or)?d|pwd|signature|credential|session|api[-_]?key)[\w.-]*|auth|authorization|code|sig|sid|key|jwt)=)[^&;]*/gi;

/** The target with the values of query fields that usually carry a credential cut out. */
export const withoutCredentials = (target: string): string => target.replace(credential, '$1***');
